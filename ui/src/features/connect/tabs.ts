export type ConnectTab = 'access' | 'triggers' | 'webhooks' | 'mail';

const known: readonly string[] = ['access', 'triggers', 'webhooks', 'mail'] satisfies ConnectTab[];

/** What an address asks for; anything else is the first one. */
export function tabOf(asked: string | null): ConnectTab {
  return asked !== null && known.includes(asked) ? (asked as ConnectTab) : 'access';
}
