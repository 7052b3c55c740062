// Calls: to the simulated Telegram as a person, and to the playground itself.

let root = "";
export const setRoot = (url) => { root = url; };
/** The address of a file of the simulated Telegram. */
export const fileUrl = (path) => root + path;

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The playground does not answer. Was it stopped?", { cause: error });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(answer.error ?? `The answer was ${response.status}`));
  return answer;
}

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
const json = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const sim = async (path, options) => (await ask(`${root}/sim/${path}`, options)).result;
export const put = (path, body) => sim(path, json("PUT", body));
/** Acts as a person: `act(user, "send", { chat, text })`. */
export const act = (user, what, body) => sim(`users/${user}/${what}`, json("POST", body));

export const own = (path) => ask(`/api/${path}`);
export const order = (path, body = {}) => ask(`/api/${path}`, json("POST", body));

const PAGE = 1000;
export async function allMessages(user, chat) {
  const all = [];
  for (let after = 0; ;) {
    const some = await sim(`users/${user}/chats/${chat}/messages?after=${after}&limit=${PAGE}`);
    all.push(...some);
    if (some.length < PAGE) return all;
    after = some.at(-1).message_id;
  }
}

/** Bytes of a file as base64. */
export function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.readAsDataURL(blob);
  });
}
