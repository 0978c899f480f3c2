// How much of something is used, as a bar that warns when it comes to its end; or, plain, a share of a whole.
import { theme } from "antd";
import { useDark } from "../lib/dark";
import { palette } from "../theme";

export function Meter({ share, label, plain = false }: { share: number; label: string; plain?: boolean }) {
  const { token } = theme.useToken();
  const colours = palette[useDark().dark ? "dark" : "light"];
  const colour = plain ? colours.blue : share >= 1 ? colours.red : share >= 0.8 ? colours.amber : colours.blue;
  const percent = Math.max(0, Math.min(100, share * 100));
  return (
    <span className="meter" role="img" aria-label={label} style={{ background: token.colorFillSecondary }}>
      <span style={{ width: `${percent}%`, background: colour }} />
    </span>
  );
}
