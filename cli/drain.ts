/** How long requests in progress may take unless the caller says otherwise: as long as the balancer gives any request. */
export const usualDrainMs = 60_000;

/** How long people may go on where they have a session: long enough to finish a form, short enough for a release. */
export const usualSessionsMs = 30_000;
