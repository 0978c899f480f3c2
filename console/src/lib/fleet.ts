// Lists that several pages choose from.
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";

/** All tags of the account; there are at most a few hundred. */
export function useTags() {
  return useQuery({
    queryKey: ["tags", "all"],
    queryFn: async () => (await ask(api.GET("/v1/tags", { params: { query: { limit: 500 } } }))).tags,
    staleTime: 60_000,
  });
}

/** The custom attributes, with the slot of each: their ids rise with it. */
export function useAttributes() {
  return useQuery({
    queryKey: ["attributes", "all"],
    queryFn: async () => (await ask(api.GET("/v1/attributes", { params: { query: { limit: 500 } } }))).attributes,
    staleTime: 60_000,
  });
}

/** Which of the six fields an attribute is, by its default name: “Custom Attribute 3”. */
export function slotOf(attribute: { default_attr_name_en: string }): number {
  return Number(attribute.default_attr_name_en.replace(/\D+/g, ""));
}

export function usePlanNames() {
  return useQuery({
    queryKey: ["plans", "all"],
    queryFn: async () => (await ask(api.GET("/v1/price-plans", { params: { query: { limit: 500 } } }))).price_plans,
    staleTime: 60_000,
  });
}
