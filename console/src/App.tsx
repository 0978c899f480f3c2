// The console's frame: language, colours, session, and a page for each address.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as Antd, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { lazy, Suspense } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router-dom";
import { ApiError } from "./api/client";
import { LanguageProvider, useLanguage } from "./i18n";
import { DarkProvider, useDark } from "./lib/dark";
import { nonce } from "./lib/nonce";
import { Broken, Waiting } from "./parts/Frame";
import { Gate } from "./parts/Gate";
import { themeOf } from "./theme";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // What was refused is refused again; what did not arrive may.
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 429),
    },
  },
});

function page(load: () => Promise<{ default: () => React.ReactNode }>) {
  const Page = lazy(load);
  return (
    <Suspense fallback={<Waiting />}>
      <Page />
    </Suspense>
  );
}

const router = createBrowserRouter(
  [
    {
      path: "/",
      element: <Gate />,
      errorElement: <Broken />,
      children: [
        { index: true, element: page(() => import("./pages/Overview")) },
        { path: "cards", element: page(() => import("./pages/Cards")) },
        { path: "cards/:id", element: page(() => import("./pages/Card")) },
        { path: "multi", element: page(() => import("./pages/Multi")) },
        { path: "pools", element: page(() => import("./pages/Pools")) },
        { path: "plans", element: page(() => import("./pages/Plans")) },
        { path: "orders", element: page(() => import("./pages/Orders")) },
        { path: "orders/:id", element: page(() => import("./pages/Order")) },
        { path: "sms", element: page(() => import("./pages/Sms")) },
        { path: "tags", element: page(() => import("./pages/Tags")) },
        { path: "attributes", element: page(() => import("./pages/Attributes")) },
        { path: "policies", element: page(() => import("./pages/Policies")) },
        { path: "files", element: page(() => import("./pages/Files")) },
        { path: "keys", element: page(() => import("./pages/Keys")) },
        { path: "operator/accounts", element: page(() => import("./pages/Accounts")) },
        { path: "operator/orders", element: page(() => import("./pages/AllOrders")) },
        { path: "operator/purchases", element: page(() => import("./pages/Purchases")) },
        { path: "operator/carriers", element: page(() => import("./pages/Carriers")) },
        { path: "operator/jobs", element: page(() => import("./pages/ParkedJobs")) },
        { path: "operator/sandbox", element: page(() => import("./pages/Sandbox")) },
        { path: "operator/usage", element: page(() => import("./pages/UsageFiles")) },
        { path: "*", element: <Navigate to="/" replace /> },
      ],
    },
  ],
  { basename: "/console" },
);

function Themed() {
  const { dark } = useDark();
  const { language } = useLanguage();
  return (
    <ConfigProvider
      theme={themeOf(dark)}
      locale={language === "zh" ? zhCN : enUS}
      csp={nonce ? { nonce } : undefined}
      componentSize="middle"
    >
      <Antd>
        <RouterProvider router={router} />
      </Antd>
    </ConfigProvider>
  );
}

export function App() {
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <DarkProvider>
          <Themed />
        </DarkProvider>
      </LanguageProvider>
    </QueryClientProvider>
  );
}
