export default function teardown(): Promise<void>;
/** Ends the server in a folder at once, whoever is connected, and deletes the folder. */
export function endCluster(folder: string): Promise<void>;
