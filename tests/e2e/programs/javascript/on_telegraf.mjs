// The conversation in Telegraf. By webhook the first call of each handler is the answer to the update (its default).

import { createServer } from "node:http";
import { Input, Markup, Telegraf, session } from "telegraf";
import { message } from "telegraf/filters";

const { BOT_API: api, BOT_TOKEN: token, BOT_MODE: mode, BOT_PORT: wanted = "0" } = process.env;
const secret = "s3cret-of-telegraf";
const report = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => i % 251));
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const bot = new Telegraf(token, { telegram: { apiRoot: api } });

bot.use((ctx, next) => {
  console.log("update", JSON.stringify(ctx.update));
  return next();
});
bot.use(session({ defaultSession: () => ({}) }));

bot.start((ctx) =>
  ctx.replyWithHTML(
    `<b>Welcome</b> from ${ctx.payload}`,
    Markup.inlineKeyboard([[Markup.button.callback("Ping", "ping")], [Markup.button.url("Docs", "https://example.org/docs")]]),
  ));

bot.action("ping", async (ctx) => {
  await ctx.answerCbQuery("pong");
  await ctx.editMessageText("Pressed: ping");
});

bot.command("form", async (ctx) => {
  ctx.session.step = "name";
  await ctx.reply("What is your name?");
});

bot.on(message("text"), async (ctx, next) => {
  const { text } = ctx.message;
  if (ctx.session.step === "name") {
    ctx.session.name = text;
    ctx.session.step = "age";
    return ctx.reply(`And how old are you, ${text}?`);
  }
  if (ctx.session.step !== "age") return next();
  if (!/^\d+$/.test(text)) return ctx.reply("A number, please.");
  delete ctx.session.step;
  return ctx.reply(`Noted: ${ctx.session.name}, ${text}`);
});

bot.on(message("photo"), async (ctx) => {
  const link = await ctx.telegram.getFileLink(ctx.message.photo.at(-1).file_id);
  const answer = await fetch(link);
  const back = Buffer.from(await answer.arrayBuffer());
  ctx.session.photo = back.toString("base64");
  await ctx.replyWithPhoto(Input.fromBuffer(back, "back.png"), { caption: `${back.length} bytes back` });
});

bot.hears("report", (ctx) => ctx.replyWithDocument(Input.fromBuffer(report, "report.bin"), { caption: "the report" }));

bot.hears("album", (ctx) => {
  const photo = Buffer.from(ctx.session.photo, "base64");
  const media = ["one", "two"].map((caption) => ({ type: "photo", media: Input.fromBuffer(photo, `${caption}.png`), caption }));
  return ctx.replyWithMediaGroup(media);
});

bot.hears("forget", async (ctx) => {
  // What answers a webhook has no result, and the next call needs one.
  await ctx.sendChatAction("typing");
  const sent = await ctx.reply("This goes away");
  await ctx.deleteMessage(sent.message_id);
  await ctx.reply("Gone");
});

bot.hears(/^copy/, (ctx) => ctx.copyMessage(ctx.chat.id));

bot.on(message("text"), (ctx) =>
  ctx.replyWithHTML(`You said: <i>${escape(ctx.message.text)}</i>`, { reply_parameters: { message_id: ctx.message.message_id } }));

await bot.telegram.setMyCommands([
  { command: "start", description: "Start over" },
  { command: "form", description: "Two questions" },
]);
if (mode === "webhook") {
  // `launch` and `createWebhook` know https only.
  bot.botInfo = await bot.telegram.getMe();
  const server = createServer(bot.webhookCallback("/hook", { secretToken: secret }));
  server.listen(Number(wanted), "127.0.0.1", async () => {
    await bot.telegram.setWebhook(`http://127.0.0.1:${server.address().port}/hook`, { secret_token: secret });
    console.log("ready");
  });
} else {
  bot.launch(() => console.log("ready"));
}
