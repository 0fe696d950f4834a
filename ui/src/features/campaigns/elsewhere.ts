// People who keep another time than the owner, and those of whom nobody can tell. Pure.
import type { ClockLine } from '../../api/client';

const SHOWN = 4;

/** Those on another clock, and those whose country keeps several times; the owner's own country is not told. */
export function elsewhere(clocks: ClockLine[], home: string): ClockLine[] {
  return clocks.filter(({ country, ahead }) => (ahead === null ? country !== home : ahead !== 0));
}

/** The countries of most of them, and how many are left out. */
export function firstOf(lines: ClockLine[]): { lines: ClockLine[]; more: number } {
  return { lines: lines.slice(0, SHOWN), more: Math.max(0, lines.length - SHOWN) };
}

export function peopleOf(lines: ClockLine[]): number {
  return lines.reduce((sum, line) => sum + line.people, 0);
}
