// Charts: loaded with the first page that shows one, described in words beside the canvas.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useDark } from "../lib/dark";
import { palette, type Tone } from "../theme";

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Series {
  kind: "bar" | "line";
  tone: Tone;
  name: string;
  labels: string[];
  values: number[];
  /** How a value is written. */
  write: (value: number) => string;
  height?: number;
}

export default function Chart({ kind, tone, name, labels, values, write, height = 260 }: Series) {
  const place = useRef<HTMLDivElement>(null);
  const { dark } = useDark();
  useEffect(() => {
    if (!place.current) return;
    const colours = palette[dark ? "dark" : "light"];
    const chart = echarts.init(place.current);
    const text = { color: colours.quiet, fontSize: 12 };
    chart.setOption({
      animation: false,
      grid: { left: 8, right: 12, top: 16, bottom: 4, containLabel: true },
      // Not HTML: the content security policy lets nobody style but the console's own sheets.
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        axisPointer: { type: kind === "bar" ? "shadow" : "line" },
        backgroundColor: dark ? "#1c232d" : "#ffffff",
        borderColor: colours.line,
        textStyle: { color: colours.text, fontSize: 12 },
        valueFormatter: (value: unknown) => write(Number(value)),
      },
      xAxis: { type: "category", data: labels, axisLabel: { ...text, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } } },
      yAxis: { type: "value", axisLabel: { ...text, formatter: (value: number) => write(value) }, splitLine: { lineStyle: { color: colours.line } }, splitNumber: 4 },
      series: [
        {
          name,
          type: kind,
          data: values,
          itemStyle: { color: colours[tone], borderRadius: kind === "bar" ? [3, 3, 0, 0] : 0 },
          lineStyle: { width: 2 },
          showSymbol: false,
          barMaxWidth: 28,
          ...(kind === "line" ? { areaStyle: { color: colours[tone], opacity: 0.12 } } : {}),
        },
      ],
    });
    const follow = new ResizeObserver(() => chart.resize());
    follow.observe(place.current);
    return () => {
      follow.disconnect();
      chart.dispose();
    };
  }, [dark, kind, tone, name, labels, values, write]);
  const peak = values.length ? write(Math.max(...values)) : "—";
  return <div ref={place} className="chart" style={{ height }} role="img" aria-label={`${name}: ${labels[0] ?? ""} – ${labels.at(-1) ?? ""}, ≤ ${peak}`} />;
}
