// A table over a list of the server's: the page in the address, filters and sort by the server.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Empty, Table, type TableProps } from "antd";
import { useEffect } from "react";
import { useTexts } from "../i18n";
import { PAGE_SIZES, type Address } from "../lib/address";
import { useFormat } from "../lib/format";
import { Failure } from "./Frame";

export interface Rows<T> {
  count: number;
  rows: T[];
}

interface Props<T> extends Omit<TableProps<T>, "dataSource" | "loading" | "pagination"> {
  /** What the list depends on besides page and size. */
  of: readonly unknown[];
  address: Address;
  load: (page: { limit: number; offset: number }) => Promise<Rows<T>>;
  /** Asks again after so many milliseconds, by what was found. */
  again?: (found: Rows<T> | undefined) => number | false;
  label: string;
  /** Told what is on the screen. */
  shown?: (found: Rows<T>) => void;
}

export function PagedTable<T extends object>({ of, address, load, again, label, shown, ...table }: Props<T>) {
  const texts = useTexts();
  const format = useFormat();
  const { page, limit } = address;
  const found = useQuery({
    queryKey: [...of, page, limit],
    // The server's smallest page has ten rows.
    queryFn: () => load({ limit, offset: page }),
    placeholderData: keepPreviousData,
    refetchInterval: again ? (query) => again(query.state.data as Rows<T> | undefined) : false,
  });
  const { data } = found;
  useEffect(() => {
    if (data) shown?.(data);
  }, [data, shown]);
  if (found.isError && !found.data) return <Failure error={found.error} retry={() => void found.refetch()} />;
  return (
    <Table<T>
      size="medium"
      scroll={{ x: "max-content" }}
      {...table}
      aria-label={label}
      dataSource={found.data?.rows}
      loading={found.isPending || (found.isPlaceholderData && found.isFetching)}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={address.filtered ? texts.common.emptyFiltered : texts.common.empty} /> }}
      pagination={{
        current: page,
        pageSize: limit,
        total: found.data?.count ?? 0,
        showSizeChanger: { "aria-label": texts.common.total("") },
        pageSizeOptions: PAGE_SIZES,
        showTotal: (total, [from, to]) => texts.common.range(format.number(from), format.number(to), format.number(total)),
        hideOnSinglePage: false,
        onChange: (next, size) => address.set({ page: size === limit ? next : 1, limit: size }),
      }}
    />
  );
}
