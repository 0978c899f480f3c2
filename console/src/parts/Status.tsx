// A state as a dot and a word: told apart without colours, too.
import { useTexts, word } from "../i18n";
import { useDark } from "../lib/dark";
import { palette, type Tone } from "../theme";

export function Status({ tone, text }: { tone: Tone; text: string }) {
  const { dark } = useDark();
  return (
    <span className="status">
      <span className="dot" style={{ background: palette[dark ? "dark" : "light"][tone] }} />
      {text}
    </span>
  );
}

export const SIM_TONES: Record<number, Tone> = { 10: "violet", 11: "grey", 13: "blue", 14: "amber", 20: "green", 30: "grey" };
const ORDER_TONES: Record<number, Tone> = { 1: "violet", 2: "blue", 3: "blue", 4: "green", 5: "grey", 6: "red", 7: "red" };
const DETAIL_TONES: Record<number, Tone> = { 1: "green", 2: "blue", 3: "red" };
const SMS_TONES: Record<number, Tone> = { 1: "blue", 2: "green", 3: "red" };
const PLAN_TONES: Record<number, Tone> = { 0: "grey", 1: "blue", 2: "green", 3: "amber", 4: "blue", 5: "amber", 6: "red" };

function of(tones: Record<number, Tone>, value: number): Tone {
  return tones[value] ?? "grey";
}

export function SimStatus({ value }: { value: number }) {
  return <Status tone={of(SIM_TONES, value)} text={word(useTexts().simStatus, value)} />;
}

export function OrderStatus({ value }: { value: number }) {
  return <Status tone={of(ORDER_TONES, value)} text={word(useTexts().orderStatus, value)} />;
}

export function DetailStatus({ value }: { value: number }) {
  return <Status tone={of(DETAIL_TONES, value)} text={word(useTexts().detailStatus, value)} />;
}

export function SmsStatus({ value }: { value: number }) {
  return <Status tone={of(SMS_TONES, value)} text={word(useTexts().smsStatus, value)} />;
}

export function PlanStatus({ value }: { value: number }) {
  return <Status tone={of(PLAN_TONES, value)} text={word(useTexts().planStatus, value)} />;
}
