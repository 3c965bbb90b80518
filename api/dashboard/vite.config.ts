import { defineConfig } from "vite";

// Everything is served by surety-api from memory: few files, hashed names, nothing from anywhere else.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  // `npm run dev` shows changes at once, with the answers of a demo: `SURETY_API=http://127.0.0.1:8080`.
  server: { proxy: { "/v1": process.env["SURETY_API"] ?? "http://127.0.0.1:8080" } },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
});
