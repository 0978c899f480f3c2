// Setting tags and attributes: of one card, of many, or of an uploaded list.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Modal, Select, Typography } from "antd";
import { useState } from "react";
import { api, ask } from "../api/client";
import { useTexts } from "../i18n";
import { slotOf, useAttributes, useTags } from "../lib/fleet";
import { useFormat } from "../lib/format";
import { Failure } from "./Frame";

interface Props {
  /** The cards, by id; or a list by its number, with how many it has. */
  cards?: number[];
  list?: { id: number; count: number };
  close: () => void;
}

function useDone(close: () => void) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return (words: string) => {
    for (const key of ["cards", "card", "tags"]) void client.invalidateQueries({ queryKey: [key] });
    void message.success(words);
    close();
  };
}

/** How far the list of tags opens: not over the buttons below. */
const LIST_PIXELS = 160;

export function TagsDialog({ cards, list, close, current = [] }: Props & { current?: string[] }) {
  const texts = useTexts();
  const format = useFormat();
  const tags = useTags();
  const [chosen, setChosen] = useState<number[] | null>(null);
  const done = useDone(close);
  const count = format.number(cards?.length ?? list?.count ?? 0);
  const ids = chosen ?? (tags.data ?? []).filter((tag) => current.includes(tag.tag_name)).map((tag) => tag.id);
  const set = useMutation({
    mutationFn: () => ask(api.POST("/v1/sim-tags/batch-set", { body: { sim_card_ids: cards, file_temp_id: list?.id, tag_ids: ids } })),
    onSuccess: () => done(texts.tagging.done(count)),
  });
  return (
    <Modal open title={texts.tagging.title(count)} okText={texts.common.save} cancelText={texts.common.cancel} onCancel={close} onOk={() => set.mutate()} okButtonProps={{ loading: set.isPending }}>
      <Typography.Paragraph>{texts.tagging.replace}</Typography.Paragraph>
      <Select
        aria-label={texts.tagging.choose}
        placeholder={texts.tagging.choose}
        mode="multiple"
        maxCount={10}
        loading={tags.isPending}
        value={ids}
        onChange={setChosen}
        options={tags.data?.map((tag) => ({ value: tag.id, label: tag.tag_name }))}
        optionFilterProp="label"
        listHeight={LIST_PIXELS}
        style={{ width: "100%", marginBottom: 12 }}
      />
      {set.isError && <Failure error={set.error} />}
      <div style={{ height: LIST_PIXELS }} />
    </Modal>
  );
}

type Fields = Record<string, string | undefined>;

export function AttributesDialog({ cards, list, close, current = {} }: Props & { current?: Fields }) {
  const texts = useTexts();
  const format = useFormat();
  const attributes = useAttributes();
  const [form] = Form.useForm<Fields>();
  const done = useDone(close);
  const count = format.number(cards?.length ?? list?.count ?? 0);
  const enabled = (attributes.data ?? []).filter((one) => one.status === 1);
  const set = useMutation({
    mutationFn: (fields: Fields) => {
      const given = Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== undefined && value !== "" && value !== current[name]));
      return ask(api.POST("/v1/sim-cards/attributes/batch-set", { body: { sim_card_ids: cards, file_temp_id: list?.id, ...given } }));
    },
    onSuccess: () => done(texts.attributing.done(count)),
  });
  return (
    <Modal
      open
      title={texts.attributing.title(count)}
      okText={texts.common.save}
      cancelText={texts.common.cancel}
      onCancel={close}
      onOk={() => form.submit()}
      okButtonProps={{ loading: set.isPending, disabled: enabled.length === 0 }}
    >
      <Typography.Paragraph>{attributes.isSuccess && enabled.length === 0 ? texts.attributing.none : texts.attributing.note}</Typography.Paragraph>
      <Form<Fields> form={form} layout="vertical" initialValues={current} onFinish={(fields) => set.mutate(fields)}>
        {enabled.map((one) => (
          <Form.Item key={one.id} name={`customer_attribute${slotOf(one)}`} label={one.cust_attr_name}>
            <Input maxLength={100} />
          </Form.Item>
        ))}
      </Form>
      {set.isError && <Failure error={set.error} />}
    </Modal>
  );
}
