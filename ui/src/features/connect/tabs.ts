export type ConnectTab = 'access' | 'triggers';

/** What an address asks for; anything else is the first one. */
export function tabOf(asked: string | null): ConnectTab {
  return asked === 'triggers' ? 'triggers' : 'access';
}
