import type { Api, CampaignReport, LiveView, Speed } from '../client';

/** Reports are made of what the live view knows; how soon and when is as it might have been. */
export function reportCommands(live: Api['live']): Pick<Api, 'report' | 'reports' | 'exportReport'> {
  const report = async (id: string) => reportOf(await live(id));
  return { report, reports: async (ids) => Promise.all(ids.slice(0, 5).map(report)), exportReport: async (_, format) => `/home/shop/ulak-report.${format}` };
}

function reportOf(view: LiveView): CampaignReport {
  const read = view.counts.read + view.counts.played;
  const delivered = read + view.counts.delivered;
  const hours = [0, 0, 0, 0, 0, 0, 0, 2, 3, 1, 31, 38, 44, 36, 18, 11, 9, 12, 17, 21, 15, 8, 4, 1];
  const all = hours.reduce((sum, value) => sum + value, 0);
  const share = (value: number, of: number) => Math.round((value * of) / all);
  return {
    view, category: 'reminder', offered: view.answers.chosen.map(({ option }) => option), ownWords: 0,
    delivery: speed([10_000, 60_000, 600_000, 3_600_000], [62, 25, 8, 3, 2], delivered), reading: speed([300_000, 1_800_000, 7_200_000, 86_400_000], [30, 26, 24, 14, 6], read),
    hours: hours.map((value, hour) => ({ hour, sent: hour >= 10 && hour < 14 ? share(all / 4, read) : 0, read: share(value, read) })),
    best: read === 0 ? null : { from: 11, to: 14, read: share(118, read) },
    cost: view.practice ? null : { currency: '₺', perCredit: 5_000, whole: view.credits.settled * 5_000, perDelivered: delivered === 0 ? null : Math.floor((view.credits.settled * 5_000) / delivered) },
  };
}

function speed(steps: number[], shares: number[], people: number): Speed {
  const counts = shares.map((share) => Math.round((share * people) / 100));
  return { steps: counts.map((count, place) => ({ within: steps[place] ?? null, people: count })), half: people === 0 ? null : steps[1] ?? null };
}
