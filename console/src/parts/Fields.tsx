// The fields of an action's form.
import { Form, Input, Select } from "antd";
import { useTexts } from "../i18n";
import type { Action } from "./actions";

/** In kbit/s: what one or the other carrier has. */
const SPEEDS = [256, 512, 1024, 2048, 3072, 5120, 7168, 7424, 10240, 20480, 51200, 102400, 153600];

/** What must be known before an action, of one card or of many: a device can be named for one only. */
export function Fields({ action, many = false }: { action: Action; many?: boolean }) {
  const texts = useTexts();
  const bindType = Form.useWatch<number | undefined>("bindType");
  const required = [{ required: true, message: texts.signIn.needed }];
  return (
    <>
      {action.needs.includes("quota") && (
        <Form.Item name="quota" label={texts.actions.thresholdMb} extra={texts.actions.thresholdHelp} rules={[...required, { pattern: /^(-1|\d{1,9})$/, message: texts.actions.thresholdHelp }]}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
      {action.needs.includes("speed") && (
        <Form.Item name="speed" label={texts.actions.speedLimit} rules={required}>
          <Select options={[{ value: -1, label: texts.card.noLimit }, ...SPEEDS.map((value) => ({ value, label: texts.card.kbps(String(value)) }))]} />
        </Form.Item>
      )}
      {!many && action.needs.includes("bindType") && (
        <Form.Item name="bindType" label={texts.actions.bindType} rules={required} initialValue={1}>
          <Select options={Object.entries(texts.actions.bindTypes).map(([value, label]) => ({ value: Number(value), label }))} />
        </Form.Item>
      )}
      {!many && action.needs.includes("imei") && bindType === 2 && (
        <Form.Item name="imei" label={texts.actions.imei} extra={texts.actions.imeiHelp} rules={[...required, { pattern: /^\d{15}$/, message: texts.actions.imeiHelp }]}>
          <Input inputMode="numeric" maxLength={15} />
        </Form.Item>
      )}
    </>
  );
}
