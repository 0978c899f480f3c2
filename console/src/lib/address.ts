// Filters, sort and page live in the address: it can be kept, sent and gone back to.
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router-dom";

export type Patch = Record<string, string | number | boolean | null | undefined>;

export interface Address {
  text: (name: string) => string | undefined;
  number: (name: string) => number | undefined;
  list: (name: string) => string[];
  page: number;
  limit: number;
  /** Sets members, takes off those that are empty, and goes to the first page unless the page is among them. */
  set: (patch: Patch) => void;
  clear: (keep?: string[]) => void;
  /** Whether anything but page, size and columns is set. */
  filtered: boolean;
}

const PAGES = [10, 20, 50, 100];
export const PAGE_SIZES = PAGES.map(String);
const NO_FILTERS = ["page", "limit", "columns", "tab", "sort", "order"];

export function useAddress(defaultLimit = 20): Address {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (patch: Patch) =>
      setParams((current) => {
        const next = new URLSearchParams(current);
        if (!("page" in patch)) next.delete("page");
        for (const [name, value] of Object.entries(patch)) {
          if (value === undefined || value === null || value === "" || value === false) next.delete(name);
          else next.set(name, String(value));
        }
        return next;
      }),
    [setParams],
  );
  const clear = useCallback(
    (keep: string[] = []) =>
      setParams((current) => {
        const kept = [...current].filter(([name]) => keep.includes(name) || ["limit", "columns", "tab"].includes(name));
        return new URLSearchParams(kept);
      }),
    [setParams],
  );
  return useMemo(() => {
    const text = (name: string) => params.get(name) ?? undefined;
    const number = (name: string) => {
      const value = params.get(name);
      return value === null || value === "" || Number.isNaN(Number(value)) ? undefined : Number(value);
    };
    const limit = number("limit");
    return {
      text,
      number,
      list: (name) => params.get(name)?.split(",").filter(Boolean) ?? [],
      page: Math.max(1, Math.floor(number("page") ?? 1)),
      limit: limit && PAGES.includes(limit) ? limit : defaultLimit,
      set,
      clear,
      filtered: [...params.keys()].some((name) => !NO_FILTERS.includes(name)),
    };
  }, [params, set, clear, defaultLimit]);
}
