// The operator's usage files: taken wholly, or refused with a reason for each bad line.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Checkbox } from "antd";
import { useState } from "react";
import { send, type Answer } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { BadLines, Drop, Refused } from "../parts/Drop";
import { Page } from "../parts/Frame";

export default function UsageFiles() {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const [partial, setPartial] = useState(false);
  const take = useMutation({
    mutationFn: (file: File) => send<Answer<"ReceiveUsageFile">>(`/ops/v1/usage-files?partial=${partial}`, file),
    onSuccess: () => void client.invalidateQueries(),
  });
  const taken = take.data;
  return (
    <Page title={texts.usageFiles.title}>
      <div className="stack" style={{ maxWidth: 900 }}>
        <Checkbox checked={partial} onChange={(event) => setPartial(event.target.checked)}>
          {texts.usageFiles.partial}
        </Checkbox>
        <Drop what={texts.usageFiles.what} busy={take.isPending} take={(file) => take.mutate(file)} />
        {take.isError && <Refused error={take.error} />}
        {taken && (
          <>
            <Alert
              type={taken.bad_lines > 0 ? "warning" : "success"}
              showIcon
              title={taken.repeated ? texts.usageFiles.repeated : texts.usageFiles.taken(format.number(taken.lines))}
              description={taken.bad_lines > 0 ? texts.usageFiles.leftOut(format.number(taken.bad_lines)) : undefined}
            />
            {taken.bad_lines > 0 && <BadLines lines={taken.errors} count={taken.bad_lines} />}
          </>
        )}
      </div>
    </Page>
  );
}
