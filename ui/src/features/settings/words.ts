/** Words that the owner typed, separated by commas or line ends; none twice. */
export function wordsOf(typed: string): string[] {
  return [...new Set(typed.split(/[,;،\n]/u).map((word) => word.trim()).filter((word) => word !== ''))];
}
