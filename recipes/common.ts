/** Where a node finds the certificate authority of its application. */
export const CA_PATH = "/etc/hotsite/ca.pem";

/** Shell text that removes the folders that services of one node share, once they are empty. */
export const REMOVE_COMMON = "rmdir --ignore-fail-on-non-empty /etc/hotsite /opt/hotsite 2>/dev/null || :";
