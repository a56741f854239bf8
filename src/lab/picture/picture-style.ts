/** What the parts of a picture look like, in a page or alone. */
import { COLOUR_STYLE, DARK_COLOUR_STYLE } from './colours.ts'

/** Of a picture that stands alone; a page has the colours in its own style. */
export function aloneStyle(): string {
  const dark = `@media(prefers-color-scheme:dark){.space-time{${DARK_COLOUR_STYLE}}}`
  return `.space-time{${COLOUR_STYLE}}${dark}${PICTURE_STYLE}`
}

/** What everything in a picture looks like; colours come from outside. */
export const PICTURE_STYLE = `
.space-time{font-family:ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-size:11px}
.space-time text{fill:var(--soft)}
.ground{fill:var(--card)}
.space-time .lane{stroke:var(--lane);stroke-width:1.6}
.space-time .paused{stroke:var(--absent);stroke-width:3;stroke-dasharray:1 5}
.space-time .down{stroke:var(--bad);stroke-width:1;stroke-dasharray:1 9;opacity:.7}
.space-time .band{fill:var(--band);stroke:var(--bandline);stroke-width:.6;stroke-dasharray:4 3}
.space-time .bandlabel{fill:var(--bandline);font-weight:600}
.space-time .tick{stroke:var(--faint)}
.space-time .time,.space-time .gap{text-anchor:middle;font-variant-numeric:tabular-nums}
.space-time .name{fill:var(--ink);font-weight:650;font-size:13px}
.arrow line{stroke:currentColor;stroke-width:1.5;fill:none}
.arrow path{fill:currentColor}
.arrow .cross{stroke:currentColor;stroke-width:1.8;fill:none}
.arrow.lost line{stroke-dasharray:5 4}
.arrow.again line{stroke-width:2.4}
.arrow.routine{opacity:.5}.arrow.routine line{stroke-width:1}
.quiet{color:var(--lane)}.k0{color:var(--k0)}.k1{color:var(--k1)}.k2{color:var(--k2)}.k3{color:var(--k3)}
  .k4{color:var(--k4)}.k5{color:var(--k5)}
.space-time .dot{fill:var(--card);stroke:var(--lane);stroke-width:1.4}
.space-time .decision{fill:var(--good);stroke:var(--card);stroke-width:1}
.space-time .phase{font-size:10.5px;fill:var(--soft)}
.space-time .decided{fill:var(--good);font-weight:650}
.space-time .crash{stroke:var(--bad);stroke-width:2.4;fill:none}
.space-time .fallen{fill:var(--bad);font-weight:650}
.space-time .start{fill:var(--good)}
.space-time .broken line{stroke:var(--soft);stroke-width:1;stroke-dasharray:6 3}
.space-time .broken text{fill:var(--soft);font-weight:650}
.space-time .broken.grave line{stroke:var(--bad);stroke-width:1.6}
.space-time .broken.grave text{fill:var(--bad)}
.space-time .decided,.space-time .phase,.space-time .fallen,.space-time .broken text{paint-order:stroke;
  stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
.space-time .said circle{fill:var(--ink)}
.space-time .said text{fill:var(--card);text-anchor:middle;font-weight:700;font-size:9.5px}
`
