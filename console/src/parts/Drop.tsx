// Where a file is dropped or chosen, and what is said of one that has bad lines.
import { InboxOutlined } from "@ant-design/icons";
import { Alert, Table, Upload } from "antd";
import { FileRefused, type Schemas } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure } from "./Frame";

/** The largest body that the server takes. */
const BYTES_MAX = 12 * 1024 * 1024;

export function Drop({ what, busy, take, accept }: { what: string; busy: boolean; take: (file: File) => void; accept?: string }) {
  const texts = useTexts();
  return (
    <Upload.Dragger
      accept={accept}
      disabled={busy}
      showUploadList={false}
      beforeUpload={(file) => {
        take(file);
        return false;
      }}
    >
      <p style={{ fontSize: 32, margin: "0 0 8px" }}>
        <InboxOutlined />
      </p>
      <p style={{ margin: "0 0 4px", fontWeight: 600 }}>{texts.files.drop}</p>
      <p style={{ margin: 0 }}>{what}</p>
    </Upload.Dragger>
  );
}

export const isTooLarge = (file: File) => file.size > BYTES_MAX;

export function BadLines({ lines, count }: { lines: Schemas["BadLine"][]; count: number }) {
  const texts = useTexts();
  const format = useFormat();
  return (
    <>
      <Table<Schemas["BadLine"]>
        size="small"
        aria-label={texts.usageFiles.reason}
        rowKey={(bad) => `${bad.line} ${bad.column} ${bad.reason}`}
        dataSource={lines}
        pagination={lines.length > 10 ? { pageSize: 10, showSizeChanger: false, size: "small" } : false}
        columns={[
          { title: texts.usageFiles.line, dataIndex: "line", width: 90, className: "number" },
          { title: texts.usageFiles.column, dataIndex: "column", width: 160, render: (column: string | null) => column ?? "—" },
          { title: texts.usageFiles.reason, dataIndex: "reason" },
        ]}
      />
      {count > lines.length && <p>{texts.usageFiles.first(format.number(lines.length))}</p>}
    </>
  );
}

/** Why a file was not taken, line by line where the server says so. */
export function Refused({ error }: { error: unknown }) {
  const texts = useTexts();
  const format = useFormat();
  if (!(error instanceof FileRefused)) return <Failure error={error} />;
  return (
    <div className="stack">
      <Alert type="error" showIcon title={texts.usageFiles.refused(format.number(error.badLines))} description={texts.usageFiles.fix} />
      <BadLines lines={error.lines} count={error.badLines} />
    </div>
  );
}
