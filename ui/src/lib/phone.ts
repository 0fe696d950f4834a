// Groups for phones that come as plain E.164; those of contacts are grouped by the core.
const patterns = [/^\+(90)(\d{3})(\d{3})(\d{2})(\d{2})$/, /^\+(62)(\d{3})(\d{3})(\d{3})$/, /^\+(62)(\d{3})(\d{4})(\d{3,4})$/];

export function shown(phone: string): string {
  const plain = phone.replaceAll(' ', '');
  for (const pattern of patterns) {
    const match = pattern.exec(plain);
    if (match) return `+${match.slice(1).join(' ')}`;
  }
  return phone;
}
