/** What the service takes on at most to find out who asks. */

/** Since a token was used last (`--auth-token-ttl`). */
export const TOKEN_TTL_SECONDS = 300

/** A token that was used with less than this part of its time left is prolonged. */
export const RENEWAL_SHARE = 1 / 2

/** How long tokens that are to be prolonged wait for others. */
export const TOKEN_RENEWAL_WINDOW_MS = 1_000

/** Tokens that wait to be prolonged; others are next time. */
export const TOKEN_RENEWALS_MAX = 1_000

/** Signed tokens whose signature need not be checked again. */
export const VERIFIED_TOKENS_MAX = 1_000

/** Simple tokens whose digest need not be made again. */
export const TOKEN_DIGESTS_MAX = 1_000

/** A token longer than this is none. */
export const TOKEN_BYTES_MAX = 8_192

/** Letters of a token: 52^16 of them take longer to try than there is time. */
export const TOKEN_LETTERS = 16

/** Messages that a stream may send before it is known whose it is. */
export const STREAM_MESSAGES_HELD_MAX = 16

/** Passwords that wait to be derived or checked. */
export const PASSWORDS_WAITING_MAX = 100

/** How long the thread rests behind a password, in parts of the time that it took. */
export const REST_SHARE = 1 / 4

/** Characters of a password. */
export const PASSWORD_CHARACTERS_MAX = 4_096

/** How often an authentication is begun again because the users were changed while its password was checked. */
export const AUTHENTICATION_TRIES_MAX = 10

/** Wrong passwords for one user from one address before the next one has to wait. */
export const FREE_FAILURES_PER_USER = 4

/** And from one address, whomever they are for. */
export const FREE_FAILURES_PER_ADDRESS = 20

/** How long the first one waits that has to; each wrong password doubles it. */
export const GUESS_PAUSE_MS_MIN = 200
export const GUESS_PAUSE_MS_MAX = 10_000

/** What the caller must have left behind the wait, for the password to be checked; with less, it is refused at once. */
export const GUESS_CHECK_MS = 500

/** Wrong passwords are forgotten when there was none for so long. */
export const GUESSES_FORGOTTEN_AFTER_MS = 600_000

/** Addresses, or users at them, whose wrong passwords are remembered; the oldest is forgotten first. */
export const GUESSERS_MAX = 10_000

/** Authentications that wait for their turn. */
export const GUESSES_WAITING_MAX = 200
