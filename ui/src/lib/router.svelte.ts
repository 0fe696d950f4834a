// A hash router: the window has one document, and the address is only ever read here.
export type Step = 'audience' | 'content' | 'schedule';
export type Route =
  | { page: 'home' | 'campaigns' | 'contacts' | 'import' | 'credits' | 'settings' | 'help' }
  | { page: 'composer'; id: string; step: Step }
  | { page: 'live'; id: string };

class Router {
  path = $state(location.hash);
  route = $derived(parse(this.path));
}
export const router = new Router();

addEventListener('hashchange', () => { router.path = location.hash; });

/** `path` without the hash sign: "/campaigns". */
export function navigate(path: string): void {
  location.hash = path;
}

export function parse(hash: string): Route {
  const [first = '', id, step] = hash.replace(/^#?\/?/, '').split('/').map(decodeURIComponent);
  switch (first) {
    case 'campaigns':
      if (id && isStep(step)) return { page: 'composer', id, step };
      return id ? { page: 'live', id } : { page: 'campaigns' };
    case 'contacts':
      return { page: id === 'import' ? 'import' : 'contacts' };
    case 'credits': case 'settings': case 'help':
      return { page: first };
    default:
      return { page: 'home' };
  }
}

function isStep(step: string | undefined): step is Step {
  return step === 'audience' || step === 'content' || step === 'schedule';
}
