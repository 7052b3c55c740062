// The conversation in node-telegram-bot-api.

import { Bot, EntityBuilder, InlineKeyboardBuilder, InputFile, MediaGroupBuilder } from "node-telegram-bot-api";
import { createWebhookServer, run } from "node-telegram-bot-api/node";

const { BOT_API: api, BOT_TOKEN: token, BOT_MODE: mode, BOT_PORT: wanted = "0" } = process.env;
const secret = "s3cret-of-ntba";
const report = Uint8Array.from({ length: 1_500_000 }, (_, i) => i % 251);

const bot = new Bot(token, { apiRoot: api });
const photos = new Map();
const forms = new Map();

bot.use((ctx, next) => {
  console.log("update", JSON.stringify(ctx.update));
  return next();
});

bot.command("start", (ctx) => {
  const { text, entities } = new EntityBuilder().bold("Welcome").plain(` from ${ctx.match}`).build();
  const keyboard = new InlineKeyboardBuilder().text("Ping", "ping").row().url("Docs", "https://example.org/docs");
  return ctx.reply(text, { entities, reply_markup: keyboard.build() });
});

bot.on("callback_query", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "pong" });
  await ctx.api.editMessageText({
    chat_id: ctx.chatId,
    message_id: ctx.callbackQuery.message.message_id,
    text: "Pressed: ping",
  });
});

bot.command("form", async (ctx) => {
  forms.set(ctx.chatId, {});
  await ctx.reply("What is your name?");
});

bot.on("message", async (ctx, next) => {
  const form = forms.get(ctx.chatId);
  const { text } = ctx.message;
  if (!form || !text) return next();
  if (!form.name) {
    form.name = text;
    await ctx.reply(`And how old are you, ${text}?`);
  } else if (/^\d+$/.test(text)) {
    forms.delete(ctx.chatId);
    await ctx.reply(`Noted: ${form.name}, ${text}`);
  } else {
    await ctx.reply("A number, please.");
  }
});

bot.on("message", async (ctx, next) => {
  if (!ctx.message.photo) return next();
  const file = await ctx.api.getFile({ file_id: ctx.message.photo.at(-1).file_id });
  const answer = await fetch(`${api}/file/bot${token}/${file.file_path}`);
  const back = new Uint8Array(await answer.arrayBuffer());
  photos.set(ctx.chatId, back);
  await ctx.api.sendPhoto({
    chat_id: ctx.chatId,
    photo: new InputFile(back, { filename: "back.png" }),
    caption: `${back.length} bytes back`,
  });
});

bot.hears("report", (ctx) =>
  ctx.api.sendDocument({
    chat_id: ctx.chatId,
    document: new InputFile(report, { filename: "report.bin" }),
    caption: "the report",
  }));

bot.hears("album", (ctx) => {
  const media = new MediaGroupBuilder();
  for (const caption of ["one", "two"]) {
    media.photo({ media: new InputFile(photos.get(ctx.chatId), { filename: `${caption}.png` }), caption });
  }
  return ctx.api.sendMediaGroup({ chat_id: ctx.chatId, media: media.build() });
});

bot.hears("forget", async (ctx) => {
  const sent = await ctx.reply("This goes away");
  await ctx.api.deleteMessage({ chat_id: ctx.chatId, message_id: sent.message_id });
  await ctx.reply("Gone");
});

bot.hears(/^copy/, (ctx) =>
  ctx.api.copyMessage({ chat_id: ctx.chatId, from_chat_id: ctx.chatId, message_id: ctx.message.message_id }));

bot.on("message", (ctx) => {
  const { text, entities } = new EntityBuilder().plain("You said: ").italic(ctx.message.text).build();
  return ctx.reply(text, { entities, reply_parameters: { message_id: ctx.message.message_id } });
});

await bot.api.setMyCommands({
  commands: [
    { command: "start", description: "Start over" },
    { command: "form", description: "Two questions" },
  ],
});
if (mode === "webhook") {
  const server = createWebhookServer(bot, { path: "/hook", secretToken: secret });
  server.listen(Number(wanted), "127.0.0.1", async () => {
    await bot.api.setWebhook({ url: `http://127.0.0.1:${server.address().port}/hook`, secret_token: secret });
    console.log("ready");
  });
} else {
  await bot.api.deleteWebhook();
  console.log("ready");
  await run(bot);
}
