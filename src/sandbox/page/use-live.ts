import { useEffect, useState } from 'react';
import type { Snapshot } from '../server/snapshot.ts';

export interface Live {
  readonly screen: Snapshot | undefined;
  readonly connected: boolean;
}

/** The person's screen, kept up to date by server-sent events. The last one stays while another person's is on its way. */
export function useLive(persona: string): Live {
  const [screen, setScreen] = useState<Snapshot>();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource(`/api/live?as=${encodeURIComponent(persona)}`);
    source.onmessage = (event: MessageEvent<string>) => {
      setConnected(true);
      setScreen(JSON.parse(event.data) as Snapshot);
    };
    source.onerror = () => setConnected(false);
    return () => source.close();
  }, [persona]);
  return { screen, connected };
}
