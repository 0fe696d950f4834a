// A hash router: the window has one document, and the address is only ever read here.
import type { Show } from '../api/client';

export type Step = 'audience' | 'content' | 'schedule' | 'review';
export type Route =
  | { page: 'home' | 'campaigns' | 'plan' | 'repeats' | 'templates' | 'contacts' | 'credits' | 'figures' | 'practice' | 'safety' }
  /** `topic`: what is asked about. */
  | { page: 'help'; topic: string | null }
  /** `number`: whose pace to show, or "practice" for what the practice number does. */
  | { page: 'settings'; number: string | null }
  /** `link`: begin linking at once. */
  | { page: 'numbers'; link: boolean }
  /** `campaign`: only what answers it; `show`: which of the lists. */
  | { page: 'replies'; campaign: string | null; show: Show | null }
  /** `file`: a list that was dropped on another screen. */
  /** `practice`: what is written to those who come in goes over the practice number. */
  | { page: 'import'; file: string | null; practice: boolean }
  /** `campaign`, `state`, `cause`: what the list is narrowed to at first. */
  | { page: 'log'; campaign: string | null; state: string | null; cause: string | null; search: string | null }
  /** Everything that is known of one contact. */
  | { page: 'person'; id: string }
  /** `files`: what Ulak was opened with; with none, a new campaign. */
  | { page: 'open'; files: string[] }
  | { page: 'template'; id: string }
  /** `tab`: which side of other programs. */
  | { page: 'connect'; tab: string | null }
  | { page: 'report'; id: string }
  /** Reports of several campaigns side by side. */
  | { page: 'compare'; ids: string[] }
  /** A message that belongs to no campaign. */
  | { page: 'message'; id: string }
  | { page: 'composer'; id: string; step: Step }
  /** `message`: the recipient to show, for a line of the ledger that leads to its message; `show`: the state to list. */
  | { page: 'live'; id: string; message: string | null; show: string | null };

class Router {
  path = $state(location.hash);
  route = $derived(parse(this.path));
}
export const router = new Router();

/** Whether what is open has to be asked about before it is left; `go` leaves it all the same. */
type Holds = (go: () => void) => boolean;
const holding = new Set<Holds>();

/** What can be lost by going to another screen is told here; returns the way to take it back. */
export function holdHere(holds: Holds): () => void {
  holding.add(holds);
  return () => holding.delete(holds);
}

addEventListener('hashchange', () => {
  const wanted = location.hash;
  if (wanted === router.path) return;
  const go = () => {
    router.path = wanted;
    location.hash = wanted;
  };
  // The address is back before its event comes, which then has nothing to do.
  if ([...holding].some((holds) => holds(go))) location.hash = router.path;
  else router.path = wanted;
});

/** `path` without the hash sign: "/campaigns". */
export function navigate(path: string): void {
  location.hash = path;
}

/** The same in place of the page that is shown, which going back does not come to again. */
export function goOn(path: string): void {
  location.replace(`#${path}`);
}

export function parse(hash: string): Route {
  const [path = '', query] = hash.replace(/^#?\/?/, '').split('?');
  const [first = '', id, step] = path.split('/').map(decodeURIComponent);
  switch (first) {
    case 'campaigns':
      if (id && step === 'report') return { page: 'report', id };
      if (id && isStep(step)) return { page: 'composer', id, step };
      return id ? { page: 'live', id, message: new URLSearchParams(query).get('message'), show: new URLSearchParams(query).get('show') } : { page: 'campaigns' };
    case 'compare':
      return { page: 'compare', ids: (new URLSearchParams(query).get('ids') ?? '').split(',').filter((one) => one !== '') };
    case 'messages':
      return id ? { page: 'message', id } : { page: 'home' };
    case 'templates':
      return id ? { page: 'template', id } : { page: 'templates' };
    case 'contacts':
      if (id === 'import') {
        const asked = new URLSearchParams(query);
        return { page: 'import', file: asked.get('file'), practice: asked.has('practice') };
      }
      return id ? { page: 'person', id } : { page: 'contacts' };
    case 'replies': {
      const asked = new URLSearchParams(query);
      return { page: 'replies', campaign: asked.get('campaign'), show: shows.find((show) => show === asked.get('show')) ?? null };
    }
    case 'log': {
      const asked = new URLSearchParams(query);
      return { page: 'log', campaign: asked.get('campaign'), state: asked.get('state'), cause: asked.get('cause'), search: asked.get('search') };
    }
    case 'open':
      return { page: 'open', files: new URLSearchParams(query).getAll('file') };
    case 'connect':
      return { page: 'connect', tab: id ?? null };
    case 'numbers':
      return { page: 'numbers', link: id === 'link' };
    case 'settings':
      if (id === 'safety') return { page: 'safety' };
      return { page: 'settings', number: new URLSearchParams(query).get('number') };
    case 'help':
      return { page: 'help', topic: id ?? null };
    case 'credits': case 'figures': case 'plan': case 'practice': case 'repeats':
      return { page: first };
    default:
      return { page: 'home' };
  }
}

const shows: Show[] = ['open', 'unread', 'answers', 'near', 'stops', 'done', 'everything'];

function isStep(step: string | undefined): step is Step {
  return step === 'audience' || step === 'content' || step === 'schedule' || step === 'review';
}
