/** What the machine keeps of users, roles and tokens at most: what goes beyond is refused, or ends an older one. */

export const USERS_MAX = 10_000

export const ROLES_MAX = 10_000

/** Of one role. They are kept in one record, which every change writes anew. */
export const PERMISSIONS_PER_ROLE_MAX = 1_000

export const ROLES_PER_USER_MAX = 1_000

/** Tokens of one user that are valid at the same time; one more ends the one that would be over first. */
export const TOKENS_PER_USER_MAX = 1_000

/** Tokens of a user that are over, and go when another one begins. */
export const TOKENS_SWEPT_PER_TOKEN = 4

/** Tokens that are prolonged by one command. */
export const TOKENS_PER_RENEWAL_MAX = 250

/** A token lives no longer than so many seconds after it was used last. */
export const TOKEN_TTL_SECONDS_MAX = 10 * 365 * 86_400

/** Users whose permissions are remembered as one set of intervals; one more begins the memory anew. */
export const REMEMBERED_USERS_MAX = 1_000
