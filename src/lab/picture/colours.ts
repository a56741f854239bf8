/**
 * The colours of pictures and pages, light and dark. Kinds of messages have colours after Okabe and Ito ("Color
 * Universal Design", 2008), which people with any kind of colour vision tell apart; black and yellow are not among
 * them, because they vanish on one of the two backgrounds. Whoever has more kinds than there are colours begins again,
 * with thicker lines.
 */

export const KIND_COLOURS = 6

export const COLOUR_STYLE = `
  --paper: #fbfaf7; --card: #ffffff; --ink: #1f2430; --soft: #5c6473; --faint: #d9dbe0; --lane: #8b93a3;
  --accent: #0b5cad; --bad: #b3261e; --good: #1b6e4b; --band: #e9c46a33; --bandline: #b98a1b; --absent: #9aa0ab;
  --k0: #0072b2; --k1: #d55e00; --k2: #00835f; --k3: #a9508a; --k4: #9a6a00; --k5: #3a86c0;
`

export const DARK_COLOUR_STYLE = `
  --paper: #14171d; --card: #1c2028; --ink: #e8e9ec; --soft: #a5acb9; --faint: #343a46; --lane: #717a8a;
  --accent: #7ab8f5; --bad: #ff8a80; --good: #6fcf9f; --band: #e9c46a22; --bandline: #d8b25a; --absent: #6d7482;
  --k0: #56a8e0; --k1: #f08a4b; --k2: #3cc39a; --k3: #df93c4; --k4: #e0b040; --k5: #8fcdf5;
`
