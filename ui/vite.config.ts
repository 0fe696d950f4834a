import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The window is WebKit (GTK and macOS) or WebView2, so the build may use what these have had for some years.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  base: './',
  clearScreen: false,
  // A test reads the glossary in docs/.
  server: { port: 1420, strictPort: true, host: '127.0.0.1', ...(mode === 'test' && { fs: { allow: ['..'] } }) },
  preview: { port: 1421, strictPort: true, host: '127.0.0.1' },
  // One chunk: it is read from the disk, and every screen is wanted soon.
  build: { target: ['es2022', 'safari16'], sourcemap: false, outDir: mode === 'fake' ? 'dist-fake' : 'dist', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: { environment: 'jsdom', setupFiles: ['./vitest.setup.ts'], include: ['src/**/*.test.ts'] },
}));
