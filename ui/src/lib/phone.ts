/** An E.164 number in groups that can be read aloud; Rust groups the ones of contacts by country. */
export function shown(phone: string): string {
  const match = /^\+(90)(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(phone.replaceAll(' ', ''));
  return match ? `+${match.slice(1).join(' ')}` : phone;
}
