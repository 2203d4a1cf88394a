/** Where a node finds the certificate authority of its application. */
export const CA_PATH = "/etc/hotsite/ca.pem";
