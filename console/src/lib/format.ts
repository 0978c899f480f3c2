// Numbers, flows and times as people of either language read them.
import { useMemo } from "react";
import { useLanguage, type Language } from "../i18n";

const locale = (language: Language) => (language === "zh" ? "zh-CN" : "en-GB");

export interface Format {
  number: (value: number) => string;
  percent: (share: number) => string;
  /** A flow given in MB. */
  flow: (mb: number | null | undefined) => string;
  /** A moment in the viewer's zone. */
  moment: (iso: string | number | null | undefined) => string;
  date: (iso: string | number | null | undefined) => string;
}

export function useFormat(): Format {
  const { language } = useLanguage();
  return useMemo(() => {
    const tag = locale(language);
    const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
    const percent = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
    const two = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
    const moment = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "medium", hour12: false });
    const date = new Intl.DateTimeFormat(tag, { dateStyle: "medium" });
    return {
      number: (value) => whole.format(value),
      percent: (share) => percent.format(share),
      flow: (mb) => {
        if (mb === null || mb === undefined) return "—";
        const size = Math.abs(mb);
        if (size >= 1024 * 1024) return `${two.format(mb / 1024 / 1024)} TB`;
        if (size >= 1024) return `${two.format(mb / 1024)} GB`;
        return `${two.format(mb)} MB`;
      },
      moment: (iso) => (iso ? moment.format(new Date(iso)) : "—"),
      date: (iso) => (iso ? date.format(new Date(iso)) : "—"),
    };
  }, [language]);
}

/** Months such as 202407 in Asia/Shanghai, this one first. */
export function months(nowMs: number, count: number): string[] {
  const shanghai = new Date(nowMs + 8 * 60 * 60 * 1000);
  const found: string[] = [];
  for (let back = 0; back < count; back += 1) {
    const day = new Date(Date.UTC(shanghai.getUTCFullYear(), shanghai.getUTCMonth() - back, 1));
    found.push(`${day.getUTCFullYear()}${String(day.getUTCMonth() + 1).padStart(2, "0")}`);
  }
  return found;
}

/** 202407 as 2024-07, 20240731 as 2024-07-31. */
export function dashed(text: string): string {
  return text.length === 8 ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : `${text.slice(0, 4)}-${text.slice(4)}`;
}
