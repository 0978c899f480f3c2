// A field whose text goes into the address when the viewer is done with it.
import { Input } from "antd";
import { useEffect, useState } from "react";

export function Search({ label, value, onSearch, width = 260 }: { label: string; value: string | undefined; onSearch: (value: string) => void; width?: number }) {
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  return (
    <Input.Search
      aria-label={label}
      placeholder={label}
      value={text}
      allowClear
      onChange={(event) => setText(event.target.value)}
      onSearch={(found) => onSearch(found.trim())}
      style={{ width, maxWidth: "100%" }}
    />
  );
}
