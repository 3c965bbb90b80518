// Drawn here: a font may lack them.

import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const Copy = () => <Icon><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M3 10.5V4A1.5 1.5 0 0 1 4.5 2.5H10" /></Icon>;
export const Copied = () => <Icon><path d="M3 8.5 6.5 12 13 4.5" /></Icon>;
export const Sun = () => <Icon><circle cx="8" cy="8" r="3" /><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7" /></Icon>;
export const Moon = () => <Icon><path d="M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5Z" /></Icon>;
export const Close = () => <Icon><path d="M4 4l8 8M12 4l-8 8" /></Icon>;
