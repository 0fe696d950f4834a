import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'dist-fake/', 'src/lib/paraglide/', 'src/api/bindings.ts', 'project.inlang/'] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    rules: {
      // Hash links of a desktop window; there is no SvelteKit router to resolve them.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps in .svelte.ts files here are replaced as a whole or deliberately not reactive.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-at-html-tags': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    // The generated bindings have one importer, so that the fake can stand in for all of them.
    files: ['src/**/*.ts', 'src/**/*.svelte'],
    ignores: ['src/api/client.ts', 'src/api/fake.ts', 'src/api/fake/**', 'src/**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [
          { group: ['**/api/bindings', './bindings', '**/api/fake', '**/api/fake/**'], message: 'Import from api/client.' },
          { group: ['@tauri-apps/*'], message: 'Only the generated bindings talk to Tauri.' },
        ],
      }],
    },
  },
);
