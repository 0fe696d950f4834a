import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// The window is WebKit (GTK and macOS) or WebView2, so the build may use what these have had for some years.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), dictionaries()],
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

/** Puts the dictionaries beside the page, where the shell reads them. */
function dictionaries(): Plugin {
  const folders = { en: 'node_modules/dictionary-en/index', tr: 'node_modules/dictionary-tr/index', id: 'dictionaries/id' };
  return {
    name: 'dictionaries',
    apply: 'build',
    generateBundle() {
      for (const [language, file] of Object.entries(folders)) {
        for (const kind of ['aff', 'dic']) {
          const source = readFileSync(new URL(`${file}.${kind}`, import.meta.url), 'utf8');
          this.emitFile({ type: 'asset', fileName: `dictionaries/${language}.${kind}`, source: language === 'tr' ? withoutFlagZero(source) : source });
        }
      }
    },
  };
}

/** The Turkish dictionary has a flag 0, which Hunspell knows and the reader in the shell does not. */
function withoutFlagZero(text: string): string {
  const renamed = (flags: string) => flags.split(',').map((flag) => flag === '0' ? '65000' : flag).join(',');
  return text.replace(/^([SP]FX) 0 /gm, '$1 65000 ').replace(/\/([\d,]+)(?=\s|$)/gm, (_, flags: string) => `/${renamed(flags)}`);
}
