import { AppMark } from './icons.tsx';
import { useNames } from './names.tsx';

const tones = 6;

/** Initials on a colour of their own; never the only way to tell people apart. */
export function Avatar({
  id,
  name,
  isApp = false,
}: {
  readonly id: string;
  readonly name: string;
  readonly isApp?: boolean;
}) {
  const place = useNames().people.findIndex((person) => person.id === id);
  if (isApp) {
    return (
      <span className="avatar avatar-app" aria-hidden="true">
        <AppMark />
      </span>
    );
  }
  const tone = Math.max(place, 0) % tones;
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
  return (
    <span className={`avatar tone-${tone}`} aria-hidden="true">
      {initials}
    </span>
  );
}
