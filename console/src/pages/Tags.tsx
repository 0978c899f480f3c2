// Tags: words that people put on cards.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Popconfirm } from "antd";
import { useState } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts } from "../i18n";
import { useAddress } from "../lib/address";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { Status } from "../parts/Status";

function NewTag({ close }: { close: () => void }) {
  const texts = useTexts();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ tag_name: string }>();
  const make = useMutation({
    mutationFn: (body: { tag_name: string }) => ask(api.POST("/v1/tags", { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["tags"] });
      void message.success(texts.tags.made);
      close();
    },
  });
  return (
    <Modal open title={texts.tags.make} okText={texts.common.create} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: make.isPending }}>
      <Form form={form} layout="vertical" onFinish={(body) => make.mutate(body)}>
        <Form.Item name="tag_name" label={texts.tags.name} extra={texts.tags.nameHelp} rules={[{ required: true, message: texts.signIn.needed }]}>
          <Input maxLength={100} autoFocus />
        </Form.Item>
      </Form>
      {make.isError && <Failure error={make.error} />}
    </Modal>
  );
}

export default function Tags() {
  const texts = useTexts();
  const address = useAddress();
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const [making, setMaking] = useState(false);
  const name = address.text("name");
  const remove = useMutation({
    mutationFn: (tag_id: number) => ask(api.DELETE("/v1/tags/{tag_id}", { params: { path: { tag_id } } })),
    onSuccess: () => {
      for (const key of ["tags", "cards"]) void client.invalidateQueries({ queryKey: [key] });
      void message.success(texts.tags.deleted);
    },
    onError: say,
  });
  return (
    <Page
      title={texts.tags.title}
      extra={
        mayWrite && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {texts.tags.make}
          </Button>
        )
      }
    >
      <div className="bar">
        <Search label={texts.tags.find} value={name} onSearch={(value) => address.set({ name: value })} />
      </div>
      <PagedTable<Schemas["CmTagVO"]>
        label={texts.tags.title}
        of={["tags", name]}
        address={address}
        rowKey="id"
        load={async (page) => {
          const found = await ask(api.GET("/v1/tags", { params: { query: { tag_name: name, ...page } } }));
          return { count: found.count, rows: found.tags };
        }}
        columns={[
          { title: texts.tags.name, dataIndex: "tag_name" },
          { title: texts.common.status, dataIndex: "status", render: (status: number) => <Status tone={status === 1 ? "green" : "grey"} text={status === 1 ? texts.tags.inUse : texts.tags.unused} /> },
          { title: texts.menu.cards, key: "cards", render: (_, tag) => <Link to={`/cards?tag_id=${tag.id}`}>{texts.tags.showCards}</Link> },
          ...(mayWrite
            ? [
                {
                  title: texts.common.actions,
                  key: "actions",
                  render: (_: unknown, tag: Schemas["CmTagVO"]) => (
                    <Popconfirm title={texts.tags.deleteAsk(tag.tag_name)} description={texts.tags.deleteWhat} okText={texts.common.delete} cancelText={texts.common.cancel} onConfirm={() => remove.mutate(tag.id)}>
                      <Button size="small" danger type="text">
                        {texts.common.delete}
                      </Button>
                    </Popconfirm>
                  ),
                },
              ]
            : []),
        ]}
      />
      {making && <NewTag close={() => setMaking(false)} />}
    </Page>
  );
}
