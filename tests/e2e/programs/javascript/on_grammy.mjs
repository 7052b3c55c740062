// The conversation in grammY.

import { createServer } from "node:http";
import { Bot, InlineKeyboard, InputFile, InputMediaBuilder, session, webhookCallback } from "grammy";

const { BOT_API: api, BOT_TOKEN: token, BOT_MODE: mode, BOT_PORT: wanted = "0" } = process.env;
const secret = "s3cret-of-grammy";
const report = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => i % 251));
const html = { parse_mode: "HTML" };
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const bot = new Bot(token, { client: { apiRoot: api } });

bot.use((ctx, next) => {
  console.log("update", JSON.stringify(ctx.update));
  return next();
});
bot.use(session({ initial: () => ({}) }));

bot.command("start", (ctx) =>
  ctx.reply(`<b>Welcome</b> from ${ctx.match}`, {
    ...html,
    reply_markup: new InlineKeyboard().text("Ping", "ping").row().url("Docs", "https://example.org/docs"),
  }));

bot.callbackQuery("ping", async (ctx) => {
  await ctx.answerCallbackQuery("pong");
  await ctx.editMessageText("Pressed: ping");
});

bot.command("form", async (ctx) => {
  ctx.session.step = "name";
  await ctx.reply("What is your name?");
});

bot.on("message:text").filter((ctx) => ctx.session.step === "name", async (ctx) => {
  ctx.session.name = ctx.msg.text;
  ctx.session.step = "age";
  await ctx.reply(`And how old are you, ${ctx.msg.text}?`);
});

bot.on("message:text").filter((ctx) => ctx.session.step === "age", async (ctx) => {
  if (!/^\d+$/.test(ctx.msg.text)) return ctx.reply("A number, please.");
  delete ctx.session.step;
  return ctx.reply(`Noted: ${ctx.session.name}, ${ctx.msg.text}`);
});

bot.on("message:photo", async (ctx) => {
  const file = await ctx.getFile();
  const answer = await fetch(`${api}/file/bot${token}/${file.file_path}`);
  const back = Buffer.from(await answer.arrayBuffer());
  ctx.session.photo = back.toString("base64");
  await ctx.replyWithPhoto(new InputFile(back, "back.png"), { caption: `${back.length} bytes back` });
});

bot.hears("report", (ctx) => ctx.replyWithDocument(new InputFile(report, "report.bin"), { caption: "the report" }));

bot.hears("album", (ctx) => {
  const photo = Buffer.from(ctx.session.photo, "base64");
  const media = ["one", "two"].map((caption) => InputMediaBuilder.photo(new InputFile(photo, `${caption}.png`), { caption }));
  return ctx.replyWithMediaGroup(media);
});

bot.hears("forget", async (ctx) => {
  const sent = await ctx.reply("This goes away");
  await ctx.api.deleteMessage(ctx.chat.id, sent.message_id);
  await ctx.reply("Gone");
});

bot.hears(/^copy/, (ctx) => ctx.copyMessage(ctx.chat.id));

bot.on("message:text", (ctx) =>
  ctx.reply(`You said: <i>${escape(ctx.msg.text)}</i>`, { ...html, reply_parameters: { message_id: ctx.msg.message_id } }));

await bot.api.setMyCommands([
  { command: "start", description: "Start over" },
  { command: "form", description: "Two questions" },
]);
if (mode === "webhook") {
  const server = createServer(webhookCallback(bot, "http", { secretToken: secret }));
  server.listen(Number(wanted), "127.0.0.1", async () => {
    await bot.api.setWebhook(`http://127.0.0.1:${server.address().port}/hook`, { secret_token: secret });
    console.log("ready");
  });
} else {
  bot.start({ onStart: () => console.log("ready") });
}
