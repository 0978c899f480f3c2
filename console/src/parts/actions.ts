// What can be done with one card: how it is asked of the server, and what must be known first.
import { api, order } from "../api/client";
import type { Texts } from "../i18n";

export interface Values {
  quota?: string;
  bindType?: number;
  imei?: string;
  speed?: number;
}

export type ActionKey = "stop" | "reset" | "enable" | "cut-net" | "restore-net" | "threshold" | "noThreshold" | "bind" | "clear-real-name" | "speed";

export interface Action {
  key: ActionKey;
  title: (texts: Texts) => string;
  /** The form's fields. */
  needs: (keyof Values)[];
  /** In which states of a card it makes sense; all, where there is nothing. */
  states?: number[];
  place: (id: number, values: Values) => Promise<{ work_order_id: number }>;
  danger?: boolean;
}

const path = (sim_card_id: number) => ({ path: { sim_card_id } });

export const ACTIONS: Action[] = [
  { key: "stop", title: (texts) => texts.actions.stop, needs: [], states: [20], danger: true, place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/stop", { params: path(id), body: { down_up_switch: 1 } })) },
  { key: "reset", title: (texts) => texts.actions.reset, needs: [], states: [14], place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/reset", { params: path(id), body: { down_up_switch: 2 } })) },
  { key: "enable", title: (texts) => texts.actions.enable, needs: [], states: [10, 11, 13], place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/enable", { params: path(id) })) },
  { key: "threshold", title: (texts) => texts.actions.threshold, needs: ["quota"], place: (id, { quota }) => order(api.POST("/v1/sim-cards/{sim_card_id}/exceed-cut-net", { params: path(id), body: { action: 1, quota: quota ?? "" } })) },
  { key: "noThreshold", title: (texts) => texts.actions.noThreshold, needs: [], place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/exceed-cut-net", { params: path(id), body: { action: 2 } })) },
  { key: "speed", title: (texts) => texts.actions.speed, needs: ["speed"], place: (id, { speed }) => order(api.POST("/v1/sim-cards/{sim_card_id}/speed-limit", { params: path(id), body: { speed_value: speed ?? -1 } })) },
  {
    key: "bind",
    title: (texts) => texts.actions.bind,
    needs: ["bindType", "imei"],
    place: (id, { bindType, imei }) => order(api.POST("/v1/sim-cards/{sim_card_id}/bind-device", { params: path(id), body: { bind_type: bindType ?? 1, imei: bindType === 2 ? imei : undefined } })),
  },
  { key: "cut-net", title: (texts) => texts.actions.cutOff, needs: [], danger: true, place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/cut-net", { params: path(id), body: { action: "ADD" } })) },
  { key: "restore-net", title: (texts) => texts.actions.restore, needs: [], place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/cut-net", { params: path(id), body: { action: "DEL" } })) },
  { key: "clear-real-name", title: (texts) => texts.actions.clearRealName, needs: [], danger: true, place: (id) => order(api.POST("/v1/sim-cards/{sim_card_id}/clear-real-name", { params: path(id) })) },
];

/** What an order of many cards calls them, where it is another word. */
const OF_MANY: Partial<Record<ActionKey, string>> = { threshold: "set-threshold", noThreshold: "cancel-threshold", bind: "bind-device", speed: "speed-limit" };

/** The operation of an order of many cards. */
export const operationOf = (key: ActionKey): string => OF_MANY[key] ?? key;
