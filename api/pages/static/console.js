// Comfort for the console: uploads with progress, jobs that move, work by keyboard.
// Every page but the upload works without it.
"use strict";
(() => {
  const token = () => document.querySelector('meta[name="form-token"]')?.content ?? "";

  function options(form) {
    const told = {};
    const zone = form.timezone.value.trim();
    if (zone) told.timezone = zone;
    const contexts = form.contexts.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (contexts.length) told.contexts = contexts;
    return told;
  }

  function sorry(form, text) {
    const place = form.querySelector("[role=alert]");
    place.textContent = `${form.dataset.failed}: ${text}`;
    place.hidden = false;
    form.querySelector("button").disabled = false;
    form.querySelector("progress").hidden = true;
  }

  function upload(form) {
    const body = new FormData();
    body.append("options", JSON.stringify(options(form)));
    for (const file of form.files.files) body.append("files", file, file.name);
    const title = form.title.value.trim();
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/jobs/upload" + (title ? `?title=${encodeURIComponent(title)}` : ""));
    if (token()) request.setRequestHeader("X-Form-Token", token());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) form.querySelector("progress").value = event.loaded / event.total;
    };
    request.onerror = () => sorry(form, "");
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* a proxy's own page */ }
      if (request.status === 202) location.assign(`/jobs/${answer.id}`);
      else sorry(form, [answer.detail, ...(answer.faults ?? []).map((f) => `${f.where}: ${f.message}`)].filter(Boolean).join(" · ") || String(request.status));
    };
    form.querySelector("button").disabled = true;
    form.querySelector("progress").hidden = false;
    form.querySelector("[role=alert]").hidden = true;
    request.send(body);
  }

  function follow(job) {
    const events = new EventSource(`/v1/jobs/${job.dataset.id}/events`);
    const show = (event) => {
      const told = JSON.parse(event.data);
      const status = document.getElementById("status");
      if (told.status && status.dataset[told.status]) {
        status.textContent = status.dataset[told.status];
        status.className = `status ${told.status}`;
      }
      if (typeof told.share === "number") document.getElementById("share").value = told.share;
      if (told.step) {
        for (const line of document.querySelectorAll(".steps [data-step]")) {
          if (line.dataset.step === told.step) line.setAttribute("aria-current", "step");
          else line.removeAttribute("aria-current");
        }
      }
      if (["succeeded", "failed", "cancelled"].includes(told.status)) {
        events.close();
        location.reload();
      }
    };
    for (const kind of ["message", "status", "step", "progress", "share"]) events.addEventListener(kind, show);
  }

  function typing(event) {
    return event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  }

  function queueKeys(table) {
    const rows = [...table.tBodies[0].rows];
    document.addEventListener("keydown", (event) => {
      if (typing(event)) return;
      const at = rows.indexOf(document.activeElement?.closest("tr"));
      if (event.key === "j" || event.key === "k") {
        const next = event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
        rows[next].focus();
        event.preventDefault();
      } else if (at >= 0 && event.key === "Enter" && document.activeElement === rows[at]) rows[at].querySelector("a").click();
      else if (at >= 0 && event.key === "a") rows[at].querySelector("button")?.click();
    });
  }

  function subjectKeys(form) {
    const choices = [...form.querySelectorAll("input[type=radio]")];
    document.addEventListener("keydown", (event) => {
      if (typing(event) && event.target.type !== "radio") return;
      const choice = choices[Number(event.key) - 1];
      if (choice) { choice.checked = true; choice.focus(); event.preventDefault(); }
      else if (event.key === "r") { form.reason.focus(); event.preventDefault(); }
      else if (event.key === "a") document.querySelector("#take button")?.click();
    });
  }

  const form = document.getElementById("upload");
  form?.addEventListener("submit", (event) => { event.preventDefault(); upload(form); });
  const job = document.getElementById("job");
  if (job?.dataset.over === "no") follow(job);
  const table = document.getElementById("queue");
  if (table) queueKeys(table);
  const decide = document.getElementById("decide");
  if (decide) subjectKeys(decide);
})();
