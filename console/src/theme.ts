// Colours and sizes, light and dark. Texts keep a contrast of at least 4.5 to 1 on what they stand on.
import { theme, type ThemeConfig } from "antd";

/** Colours of charts and dots, chosen to be told apart by people who see few colours. */
export const palette = {
  light: { blue: "#2b5fd9", green: "#1a8a5b", amber: "#c27803", red: "#c93a3a", grey: "#8a94a6", violet: "#7a55c7", teal: "#0f8b9d", line: "#e6e9ef", text: "#1b2430", quiet: "#5b6676" },
  dark: { blue: "#6f9bff", green: "#4cc38a", amber: "#e5a93d", red: "#f07878", grey: "#8f9aab", violet: "#b195f5", teal: "#4fc3d6", line: "#2a323f", text: "#e6eaf1", quiet: "#a3adbc" },
} as const;

export type Tone = "blue" | "green" | "amber" | "red" | "grey" | "violet" | "teal";

/** For whom movement on the screen is unpleasant, nothing moves. */
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export function themeOf(dark: boolean): ThemeConfig {
  const colours = dark ? palette.dark : palette.light;
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: dark ? "#4c7df0" : "#2b5fd9",
      colorLink: colours.blue,
      colorError: dark ? "#ff9a9a" : "#c4242f",
      colorText: colours.text,
      colorTextSecondary: colours.quiet,
      colorTextTertiary: colours.quiet,
      colorTextDescription: colours.quiet,
      colorTextPlaceholder: dark ? "#98a2b3" : "#667080",
      colorBgLayout: dark ? "#0e1217" : "#f5f6f8",
      colorBgContainer: dark ? "#161b22" : "#ffffff",
      colorBgElevated: dark ? "#1c232d" : "#ffffff",
      colorBorderSecondary: colours.line,
      colorBorder: dark ? "#39434f" : "#d3d8e0",
      borderRadius: 6,
      borderRadiusLG: 10,
      fontSize: 14,
      fontFamily:
        'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
      motion: !still,
    },
    components: {
      Layout: { headerBg: dark ? "#161b22" : "#ffffff", siderBg: dark ? "#161b22" : "#ffffff", headerHeight: 56, headerPadding: "0 20px" },
      Menu: { itemBg: "transparent", itemSelectedBg: dark ? "#22304d" : "#e9effc", itemSelectedColor: dark ? "#b9ceff" : "#1f49ad", itemHeight: 36, itemColor: colours.text, groupTitleColor: colours.quiet, groupTitleFontSize: 12 },
      Table: { headerBg: dark ? "#1a2029" : "#fafbfc", headerColor: colours.quiet, headerSplitColor: "transparent", cellPaddingBlockMD: 9, cellPaddingInlineMD: 12, rowHoverBg: dark ? "#1b222c" : "#f7f9fc" },
      Card: { headerFontSize: 14, headerHeight: 46, headerHeightSM: 42 },
      Tabs: { horizontalMargin: "0 0 16px 0" },
    },
  };
}
