// What a report says of its figures.
import type { CampaignReport, Cost } from '../../api/client';
import { reached } from '../../lib/counts';
import { clock, moneyOf, num, percent } from '../../lib/format.svelte';
import { intlTag, language, m } from '../../lib/i18n.svelte';

export type Step = { key: 'audience' | 'sent' | 'delivered' | 'read' | 'answered'; people: number; share: number; note: string };

/** How far people came; each counts in all that lie before it. A tick that a person switched off is not known: read is at least that. */
export function funnel(report: CampaignReport): Step[] {
  const { people, counts, answers } = report.view;
  const { sent, delivered, read } = reached(counts);
  const part = (value: number, of: number) => (of === 0 ? 0 : value / of);
  const left = m.report_left_over({ failed: num(counts.failed), skipped: num(counts.skipped) });
  return [
    { key: 'audience', people, share: people === 0 ? 0 : 1, note: left },
    { key: 'sent', people: sent, share: part(sent, people), note: m.report_share_of_all({ share: percent(part(sent, people)) }) },
    { key: 'delivered', people: delivered, share: part(delivered, people), note: m.report_share_of_sent({ share: percent(part(delivered, sent)) }) },
    { key: 'read', people: read, share: part(read, people), note: m.report_share_of_sent({ share: percent(part(read, sent)) }) },
    { key: 'answered', people: answers.replied, share: part(answers.replied, people), note: m.report_share_of_sent({ share: percent(part(answers.replied, sent)) }) },
  ];
}

/** The answers, as people gave them; whoever chose none answered in own words or opted out. */
export function answerLines(report: CampaignReport): { label: string; people: number }[] {
  const { chosen, optedOut } = report.view.answers;
  const place = (option: string) => report.offered.indexOf(option) + 1;
  const offered = chosen.map(({ option, people }) => ({ label: place(option) > 0 ? `${num(place(option))}, ${option}` : option, people, place: place(option) || Infinity }));
  offered.sort((one, other) => one.place - other.place);
  const others = [{ label: m.report_own_words(), people: report.ownWords }, { label: m.report_opted_out(), people: optedOut }].filter(({ people }) => people > 0);
  return [...offered.map(({ label, people }) => ({ label, people })), ...others];
}

/** "₺0.50": an amount in ten-thousandths, with the currency as the owner writes it. */
export function amount(cost: Pick<Cost, 'currency'>, tenThousandths: number): string {
  const written = moneyOf(tenThousandths);
  if (cost.currency === '') return written;
  return cost.currency.length === 1 ? `${cost.currency}${written}` : `${written} ${cost.currency}`;
}

/** 9 as 09:00 in the language of the window. */
export function hourOf(hour: number): string {
  return clock(Date.UTC(2026, 0, 1, hour % 24), 'UTC');
}

/** A cause stands in a sentence elsewhere; here it begins a line. */
export function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase(intlTag(language.locale)) + words.slice(1);
}
