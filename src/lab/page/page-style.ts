/** What a page looks like: one column that widens, calm colours, light or dark as the reader's machine is set. */
import { COLOUR_STYLE, DARK_COLOUR_STYLE } from '../picture/colours.ts'
import { PICTURE_STYLE } from '../picture/picture-style.ts'

export function pageStyle(): string {
  return `:root{${COLOUR_STYLE}}@media(prefers-color-scheme:dark){:root{${DARK_COLOUR_STYLE}}}${PICTURE_STYLE}${STYLE}`
}

const STYLE = `
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0;font:15px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px clamp(14px,3vw,40px) 40px}
header{max-width:820px}
.eyebrow{margin:0;color:var(--accent);font-weight:650;letter-spacing:.01em}
h1{font-size:clamp(21px,2.6vw,29px);line-height:1.25;font-weight:680;margin:.2em 0 .4em;text-wrap:balance}
h2{font-size:15px;font-weight:650;margin:30px 0 10px}
.summary,.repeat{margin:.15em 0;color:var(--soft)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere;
  color:var(--ink);
background:var(--card);border:1px solid var(--faint);border-radius:5px;padding:1px 6px}
code span{display:inline-block}
.verdicts{list-style:none;margin:0;padding:0;display:grid;gap:10px;
  grid-template-columns:repeat(auto-fill,minmax(260px,1fr))}
.verdicts li{background:var(--card);border:1px solid var(--faint);border-left:3px solid var(--good);
  border-radius:8px;padding:10px 13px}
.verdicts p{margin:0}
.verdicts p:first-child{display:flex;justify-content:space-between;gap:10px}
.verdicts .says{font-size:13.5px;margin:3px 0}
.verdicts .promise,.verdicts .what{font-size:12.5px;color:var(--soft)}
.verdicts .what{margin-top:4px;padding-top:4px;border-top:1px dashed var(--faint);color:var(--ink)}
.outcome{font-size:12.5px;font-weight:650;color:var(--good);white-space:nowrap}
.verdicts .bad{border-left-color:var(--bad)}.bad .outcome{color:var(--bad)}
.verdicts .shown{border-left-color:var(--bandline)}.shown .outcome{color:var(--bandline)}
.live .verdicts .notyet{border-left-color:var(--faint)}
.live .verdicts .notyet .what{opacity:.45}
.live .verdicts .notyet .outcome{color:var(--soft)}
.frame{display:flex;background:var(--card);border:1px solid var(--faint);border-radius:10px;overflow:hidden}
.names{position:relative;flex:none;min-width:46px;border-right:1px solid var(--faint)}
.names span{position:relative;display:block;height:0;overflow:visible;padding:0 12px;font-weight:650;
  white-space:nowrap}
.scroll{overflow-x:auto;flex:1;outline-offset:-2px}
.canvas{position:relative;width:max-content;cursor:crosshair}
.space-time{display:block}
.playhead{position:absolute;top:30px;left:0;width:0;border-left:2px solid var(--accent);pointer-events:none;
  display:none}
.live .playhead{display:block}
.arrow.later{opacity:.12}.arrow.hidden{display:none}
.arrow:hover line{stroke-width:3}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 2px;font-size:13px;color:var(--soft)}
.legend label,.legend span{display:inline-flex;align-items:center;gap:6px;white-space:nowrap}
.legend label i{width:20px;border-top:2.4px solid currentColor}
.legend label.again i{border-top-width:4px}
.legend label{cursor:pointer}
.legend small{color:var(--soft);font-size:12px}
.legend input{margin:0;accent-color:currentColor;display:none}
.live .legend input{display:inline-block}
.rhombus{width:9px;height:9px;background:var(--good);transform:rotate(45deg)}
.cross::before{content:"\\00d7";color:var(--bad);font:700 17px/1 sans-serif}
.cut{width:16px;height:12px;background:var(--band);border:1px dashed var(--bandline)}
.controls{display:none;position:sticky;top:0;z-index:2;align-items:center;gap:8px;margin:0 0 10px;
  padding:10px 12px;
background:var(--card);border:1px solid var(--faint);border-radius:10px;box-shadow:0 4px 18px #0000001a}
.live .controls{display:flex}
.controls input{flex:1;min-width:60px;accent-color:var(--accent);height:24px}
.controls button{font:600 16px/1 sans-serif;min-width:36px;height:34px;border:1px solid var(--faint);
  border-radius:7px;
background:var(--paper);color:var(--ink);cursor:pointer}
.controls button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
output{font-variant-numeric:tabular-nums;min-width:92px;text-align:right;font-size:14px}
.nodes{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
.node{background:var(--card);border:1px solid var(--faint);border-radius:8px;padding:9px 13px;min-height:84px}
.node h3{margin:0;font-size:14px;display:flex;justify-content:space-between}
.node .state{margin:2px 0 0;font:12.5px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
  color:var(--soft);
overflow-wrap:anywhere}
.node.news{border-color:var(--accent)}.node.news .state{color:var(--ink)}
.node.down{border-style:dashed}.node .standing{color:var(--bad);font-weight:600;font-size:12.5px}
.told{display:grid;gap:0 34px;grid-template-columns:minmax(0,1.7fr) minmax(0,1fr)}
@media(max-width:820px){.told{grid-template-columns:minmax(0,1fr)}}
#lines{list-style:none;margin:0;padding:6px 0;max-height:340px;overflow-y:auto;background:var(--card);
border:1px solid var(--faint);border-radius:8px;font-size:13.5px;position:relative}
#lines li{display:flex;gap:14px;padding:2px 13px;overflow-wrap:anywhere}
#lines .at{flex:none;width:96px;white-space:nowrap;text-align:right;color:var(--soft);
  font-variant-numeric:tabular-nums}
#lines li[aria-current]{background:color-mix(in srgb,var(--accent) 14%,transparent)}
.live #lines .later{opacity:.42}
#lines .say{font-weight:600;padding-top:9px}#lines .decision{color:var(--good);font-weight:600}
#lines .crash,#lines .pause,#lines .broken{color:var(--bad)}#lines .network{color:var(--bandline)}
.conclusions{margin:0;padding-left:18px}.conclusions li{margin:3px 0}
footer{margin-top:30px;color:var(--soft);font-size:13px}
@media(prefers-reduced-motion:no-preference){.arrow,.node{transition:opacity .12s,border-color .12s}}
`
