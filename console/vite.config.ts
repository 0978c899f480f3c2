// How the console is built: everything under /console/, each file with a digest in its name, packed for the wire.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const dist = fileURLToPath(new URL("dist", import.meta.url));

/** Writes each asset beside itself in the two codings that browsers ask for. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    buildStart() {
      // The folder itself stays: the server is compiled against it.
      rmSync(join(dist, "assets"), { recursive: true, force: true });
      mkdirSync(join(dist, "assets"), { recursive: true });
    },
    closeBundle() {
      const assets = join(dist, "assets");
      for (const name of readdirSync(assets)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(assets, name));
        writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }));
      }
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [react(), packed()],
  build: { outDir: "dist", emptyOutDir: false, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1200 },
  server: { proxy: { "^/(v1|v3|ops|openapi.json)": process.env.SIMLINK ?? "http://127.0.0.1:8780" } },
});
