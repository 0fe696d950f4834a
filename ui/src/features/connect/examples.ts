// One message, in the languages that shops' programs are written in. Texts of a program, and no words of the window.
export type ExampleLanguage = 'curl' | 'python' | 'php' | 'javascript';

export const languages: { value: ExampleLanguage; label: string }[] = [
  { value: 'curl', label: 'curl' }, { value: 'python', label: 'Python' }, { value: 'php', label: 'PHP' }, { value: 'javascript', label: 'JavaScript' },
];

/** A port that a program may take; none where something else was typed. */
export function portOf(typed: string): number | null {
  const port = /^\s*\d{4,5}\s*$/.test(typed) ? Number(typed) : 0;
  return port >= 1024 && port <= 65_535 ? port : null;
}

export const address = (port: number): string => `http://127.0.0.1:${port}`;

export function example(language: ExampleLanguage, port: number): string {
  const url = `${address(port)}/api/whatsapp/send`;
  switch (language) {
    case 'curl':
      return `curl ${url} \\
  -H "Authorization: Bearer $ULAK_TOKEN" \\
  -H "Content-Type: application/json" \\
  -H "Idempotency-Key: invoice-F-2026-1184" \\
  -d '{"to": "+90 532 555 01 42", "text": "Your order is ready.", "category": "notification"}'`;
    case 'python':
      return `import json, os, urllib.request

request = urllib.request.Request(
    "${url}",
    data=json.dumps({
        "to": "+90 532 555 01 42",
        "text": "Your order is ready.",
        "category": "notification",
    }).encode(),
    headers={
        "Authorization": "Bearer " + os.environ["ULAK_TOKEN"],
        "Content-Type": "application/json",
        "Idempotency-Key": "invoice-F-2026-1184",
    },
)
print(json.load(urllib.request.urlopen(request)))`;
    case 'php':
      return `<?php
$answer = file_get_contents("${url}", false, stream_context_create(["http" => [
    "method" => "POST",
    "ignore_errors" => true,
    "header" => [
        "Authorization: Bearer " . getenv("ULAK_TOKEN"),
        "Content-Type: application/json",
        "Idempotency-Key: invoice-F-2026-1184",
    ],
    "content" => json_encode([
        "to" => "+90 532 555 01 42",
        "text" => "Your order is ready.",
        "category" => "notification",
    ]),
]]));
print_r(json_decode($answer, true));`;
    case 'javascript':
      return `const answer = await fetch("${url}", {
  method: "POST",
  headers: {
    "Authorization": \`Bearer \${process.env.ULAK_TOKEN}\`,
    "Content-Type": "application/json",
    "Idempotency-Key": "invoice-F-2026-1184",
  },
  body: JSON.stringify({
    to: "+90 532 555 01 42",
    text: "Your order is ready.",
    category: "notification",
  }),
});
console.log(await answer.json());`;
  }
}
