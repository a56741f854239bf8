/**
 * The script of a page: it moves through virtual time. It runs in a browser, so it is text here; `test/lab` opens pages
 * in one. It is written for what every browser of the last years has, and reaches for nothing outside the page.
 */
export const PAGE_SCRIPT = String.raw`
(() => {
  const data = JSON.parse(document.getElementById('recording').textContent)
  const find = name => document.querySelector(name)
  const all = name => [...document.querySelectorAll(name)]
  const slider = find('#time'), clock = find('#clock'), playhead = find('.playhead')
  const scroll = find('.scroll'), list = find('#lines'), play = find('#play')
  const { moments, states, absences, lines, brokenAtUs } = data
  const arrows = all('.space-time .arrow[data-at]')
    .map(arrow => ({ arrow, at: Number(arrow.dataset.at) }))
    .sort((a, b) => a.at - b.at)
  const rows = [...list.children]
  const verdicts = all('.verdicts li')
  const ms = us => (us / 1000).toFixed(3) + ' ms'
  let drawn = arrows.length, current = null, timer = 0

  // How many of these are not later than the instant.
  const count = (items, atUs, of) => {
    let low = 0, high = items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (of(items[middle]) <= atUs) low = middle + 1
      else high = middle
    }
    return low
  }

  const showArrows = atUs => {
    const until = count(arrows, atUs, one => one.at)
    for (; drawn < until; drawn++) arrows[drawn].arrow.classList.remove('later')
    for (; drawn > until; drawn--) arrows[drawn - 1].arrow.classList.add('later')
  }

  const showNodes = atUs => {
    for (const card of all('.node')) {
      const node = Number(card.dataset.node)
      const absence = absences.find(one => one.node === node && one.fromUs <= atUs && atUs < one.untilUs)
      const known = states[node]
      const last = known[count(known, atUs, one => one.atUs) - 1]
      const isDown = absence !== undefined && absence.kind === 'down'
      card.classList.toggle('down', isDown)
      card.classList.toggle('paused', absence !== undefined && !isDown)
      card.querySelector('.standing').textContent = absence === undefined ? '' : absence.kind
      const text = isDown ? '' : last === undefined ? 'has not begun' : last.text
      const state = card.querySelector('.state')
      card.classList.toggle('news', !isDown && last !== undefined && last.atUs === atUs)
      if (state.textContent !== text) state.textContent = text
    }
  }

  const showLines = atUs => {
    const until = count(lines, atUs, one => one.atUs)
    if (current) current.removeAttribute('aria-current')
    rows.forEach((row, place) => row.classList.toggle('later', place >= until))
    current = rows[until - 1] || null
    if (!current) return void (list.scrollTop = 0)
    current.setAttribute('aria-current', 'step')
    list.scrollTop = current.offsetTop - list.clientHeight / 2
  }

  const show = place => {
    const { atUs, x } = moments[place]
    slider.value = String(place)
    slider.setAttribute('aria-valuetext', ms(atUs))
    clock.textContent = ms(atUs)
    playhead.style.transform = 'translateX(' + x + 'px)'
    const left = x - scroll.scrollLeft
    if (left < 60 || left > scroll.clientWidth - 90) scroll.scrollLeft = x - scroll.clientWidth / 2
    showArrows(atUs)
    showNodes(atUs)
    showLines(atUs)
    verdicts.forEach((one, at) => one.classList.toggle('notyet', brokenAtUs[at] !== null && brokenAtUs[at] > atUs))
  }

  const at = () => Number(slider.value)
  const go = place => show(Math.min(Math.max(place, 0), moments.length - 1))
  const stop = () => {
    clearInterval(timer)
    timer = 0
    play.textContent = '\u25b6'
    play.setAttribute('aria-label', 'Play')
  }
  const start = () => {
    if (at() === moments.length - 1) go(0)
    play.textContent = '\u23f8'
    play.setAttribute('aria-label', 'Pause')
    timer = setInterval(() => (at() < moments.length - 1 ? go(at() + 1) : stop()), 140)
  }
  slider.addEventListener('input', () => { stop(); show(at()) })
  find('#back').addEventListener('click', () => { stop(); go(at() - 1) })
  find('#on').addEventListener('click', () => { stop(); go(at() + 1) })
  play.addEventListener('click', () => (timer ? stop() : start()))
  scroll.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    stop()
    go(at() + step)
  })
  find('.canvas').addEventListener('click', event => {
    const x = event.clientX - find('.canvas').getBoundingClientRect().left
    stop()
    go(Math.max(0, count(moments, x + 1, one => one.x) - 1))
  })
  for (const box of all('.legend input')) {
    box.addEventListener('change', () => {
      for (const { arrow } of arrows)
        if (arrow.dataset.kind === box.dataset.kind) arrow.classList.toggle('hidden', !box.checked)
    })
  }
  document.documentElement.classList.add('live')
  go(moments.length - 1)
  scroll.scrollLeft = 0
})()
`
