// Lists of cards: uploaded once, named by a number wherever an operation takes a list.
import { useMutation } from "@tanstack/react-query";
import { Button, Card as Panel, Space, Typography } from "antd";
import { useState } from "react";
import { Link } from "react-router-dom";
import { send, type Answer } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { Drop, Refused } from "../parts/Drop";
import { Page } from "../parts/Frame";
import { AttributesDialog, TagsDialog } from "../parts/Labels";

type Created = Answer<"CreateTempFile"> & { name: string };

export default function Files() {
  const texts = useTexts();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const [lists, setLists] = useState<Created[]>([]);
  const [dialog, setDialog] = useState<{ what: "tags" | "attributes"; list: Created } | null>(null);
  const take = useMutation({
    mutationFn: async (file: File): Promise<Created> => {
      const form = new FormData();
      form.append("file", file);
      return { ...(await send<Answer<"CreateTempFile">>("/v1/temp-files", form)), name: file.name };
    },
    onSuccess: (created) => setLists((known) => [created, ...known]),
  });
  const list = dialog && { id: dialog.list.file_temp_id, count: dialog.list.row_count };
  return (
    <Page title={texts.files.title}>
      <div className="stack" style={{ maxWidth: 900 }}>
        {mayWrite ? <Drop what={texts.files.what} busy={take.isPending} take={(file) => take.mutate(file)} /> : <p>{texts.shell.viewerNote}</p>}
        {take.isError && <Refused error={take.error} />}
        {lists.map((created) => (
          <Panel key={created.file_temp_id} size="small" title={created.name}>
            <div className="stack">
              <span>
                {texts.files.accepted(format.number(created.row_count))} · {texts.files.until} {format.moment(created.expire_time)}
              </span>
              <span>
                {texts.files.number}{" "}
                <Typography.Text code copyable={{ tooltips: [texts.common.copy, texts.common.copied] }}>
                  {String(created.file_temp_id)}
                </Typography.Text>
              </span>
              <Space wrap>
                <Button onClick={() => setDialog({ what: "tags", list: created })}>{texts.actions.tags}</Button>
                <Button onClick={() => setDialog({ what: "attributes", list: created })}>{texts.actions.attributes}</Button>
                <Link to={`/sms?list=${created.file_temp_id}`}>{texts.actions.sms}</Link>
              </Space>
            </div>
          </Panel>
        ))}
        <Panel size="small" title={texts.files.sample}>
          <pre className="code" style={{ margin: 0 }}>{"iccid\n8986042080001234567\n8986042080001234568"}</pre>
        </Panel>
      </div>
      {list && dialog.what === "tags" && <TagsDialog list={list} close={() => setDialog(null)} />}
      {list && dialog.what === "attributes" && <AttributesDialog list={list} close={() => setDialog(null)} />}
    </Page>
  );
}
