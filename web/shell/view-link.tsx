import type { ComponentChildren, JSX } from 'preact';

import { usePage } from '../state/page.ts';

export interface ViewLinkProps {
  /** Parameters of the address there; time and host go along. */
  readonly to: Readonly<Record<string, string | null>>;
  readonly class?: string;
  /** A name when the text does not say it. */
  readonly label?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A real link, so that it can be copied and opened elsewhere; a plain click stays on the page. */
export function ViewLink({ to, class: className, label, current, children }: ViewLinkProps): JSX.Element {
  const page = usePage();
  const { address } = page;
  const changes = page.toView(to);
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    address.go(changes);
  };
  return (
    <a
      href={address.link(changes)}
      class={className}
      aria-label={label}
      aria-current={current ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}
