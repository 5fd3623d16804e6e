// Chips (`#t=31.0&v=ID`) and timelines make the player seek and play. Nothing here asks the server for anything new.
(() => {
  const player = () => document.getElementById("vs-player");
  const clock = (at) => {
    const whole = Math.floor(at), two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };

  function seek(video, at, play = true) {
    const media = player();
    if (!media) return;
    const go = () => {
      media.currentTime = at;
      if (play) media.play().catch(() => { media.muted = true; media.play().catch(() => {}); });
    };
    if (video && media.dataset.video !== video) {
      media.dataset.video = video;
      media.removeAttribute("poster");
      media.src = `media/${encodeURIComponent(video)}`;
    }
    if (media.readyState >= 1) go();
    else { media.addEventListener("loadedmetadata", go, { once: true }); media.load(); }
    const box = media.getBoundingClientRect();
    if (box.bottom < 80 || box.top > innerHeight - 80) media.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.('a[href*="#t="]');
    if (chip) {
      const wanted = new URLSearchParams(chip.getAttribute("href").split("#")[1]);
      event.preventDefault();
      event.stopPropagation();
      seek(wanted.get("v"), Number(wanted.get("t")));
      return;
    }
    const line = event.target.closest?.(".vs-timeline");
    const track = line?.querySelector(".vs-track");
    if (track) {
      const box = track.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999);
      seek(line.dataset.video, share * Number(line.dataset.duration));
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest?.(".vs-timeline");
    const media = player();
    if (!line || !media) return;
    const duration = Number(line.dataset.duration);
    const now = media.dataset.video === line.dataset.video ? media.currentTime : 0;
    const to = { ArrowLeft: now - 5, ArrowRight: now + 5, Home: 0, End: duration - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      seek(line.dataset.video, Math.min(Math.max(to, 0), duration), !media.paused);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      media.paused ? media.play() : media.pause();
    }
  });

  // Media events do not bubble, but they can be caught on their way down.
  for (const happening of ["timeupdate", "seeked", "loadedmetadata"]) {
    document.addEventListener(happening, (event) => {
      if (event.target.id !== "vs-player") return;
      for (const line of document.querySelectorAll(".vs-timeline")) {
        const own = line.dataset.video === event.target.dataset.video;
        const at = own ? event.target.currentTime : 0;
        line.classList.toggle("vs-playing", own);
        line.style.setProperty("--at", at / Number(line.dataset.duration));
        line.setAttribute("aria-valuenow", Math.floor(at));
        line.setAttribute("aria-valuetext", clock(at));
      }
    }, true);
  }
  document.addEventListener("error", (event) => {
    if (event.target.id === "vs-player") document.getElementById("vs-player-note")?.removeAttribute("hidden");
  }, true);
  document.addEventListener("loadeddata", (event) => {
    if (event.target.id === "vs-player") document.getElementById("vs-player-note")?.setAttribute("hidden", "");
  }, true);
})();
