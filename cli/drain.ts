/** How long requests in progress may take unless the caller says otherwise: as long as the balancer gives any request. */
export const usualDrainMs = 60_000;
