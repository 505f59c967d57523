import type { ReactNode } from 'react';

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CloseIcon = () => (
  <Icon>
    <path d="M5 5l10 10M15 5L5 15" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="M12 4l-6 6 6 6" />
  </Icon>
);
export const SendIcon = () => (
  <Icon>
    <path d="M4 10h11M10 4.5l5.5 5.5-5.5 5.5" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="M4 10.5l4 4 8-9" />
  </Icon>
);
export const DownIcon = () => (
  <Icon>
    <path d="M5 8l5 5 5-5" />
  </Icon>
);
export const UpIcon = () => (
  <Icon>
    <path d="M5 12l5-5 5 5" />
  </Icon>
);
export const LockIcon = () => (
  <Icon>
    <rect x="4.5" y="9" width="11" height="7.5" rx="1.5" />
    <path d="M7 9V6.5a3 3 0 016 0V9" />
  </Icon>
);
export const ThreadIcon = () => (
  <Icon>
    <path d="M4 5h12v8H9l-3.5 3v-3H4z" />
  </Icon>
);
export const EyeIcon = () => (
  <Icon>
    <path d="M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5z" />
    <circle cx="10" cy="10" r="2" />
  </Icon>
);
export const ShieldIcon = () => (
  <Icon>
    <path d="M10 3l6 2v5c0 4-2.6 6-6 7-3.4-1-6-3-6-7V5z" />
  </Icon>
);
export const GuideIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M12.8 7.2l-1.7 3.9-3.9 1.7 1.7-3.9z" />
  </Icon>
);
export const TerminalIcon = () => (
  <Icon>
    <rect x="2.5" y="4" width="15" height="12" rx="2" />
    <path d="M5.5 8l2.5 2-2.5 2M10 12.5h4" />
  </Icon>
);
export const DotsIcon = () => (
  <Icon>
    <path d="M5 10h.01M10 10h.01M15 10h.01" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7" />
  </Icon>
);

/** The app's picture: an arrow that rises. */
export function AppMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 6l8 9h-4.5v5h-7v-5H8z" fill="currentColor" />
      <rect x="10" y="22.5" width="12" height="3" rx="1.5" fill="currentColor" opacity=".6" />
    </svg>
  );
}
export const ClockIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.8" />
    <path d="M10 6v4l2.8 2" />
  </Icon>
);
export const AskIcon = () => (
  <Icon>
    <path d="M10 16V5M5.5 9L10 4.5 14.5 9" />
  </Icon>
);
