// The emoji that people and bots use by name in a support team's talk. What is not here stays as it was typed.
const NAMES = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_right 👉
point_left 👈|point_up ☝️|point_down 👇|raised_hand ✋|hand ✋|eyes 👀|handshake 🤝|v ✌️|crossed_fingers 🤞|salute 🫡
smile 😄|smiley 😃|grinning 😀|grin 😁|slightly_smiling_face 🙂|blush 😊|wink 😉|joy 😂|rofl 🤣|sweat_smile 😅
thinking_face 🤔|neutral_face 😐|upside_down_face 🙃|relieved 😌|sunglasses 😎|heart_eyes 😍|star-struck 🤩|hugging_face 🤗
cry 😢|sob 😭|disappointed 😞|worried 😟|confused 😕|grimacing 😬|exploding_head 🤯|tired_face 😫|sleeping 😴|zzz 💤
rage 😡|face_with_thermometer 🤒|partying_face 🥳|face_palm 🤦|shrug 🤷|robot_face 🤖|ghost 👻
heart ❤️|yellow_heart 💛|green_heart 💚|blue_heart 💙|sparkling_heart 💖|broken_heart 💔|100 💯|fire 🔥|boom 💥|sparkles ✨
star ⭐|star2 🌟|zap ⚡|tada 🎉|confetti_ball 🎊|gift 🎁|trophy 🏆|medal 🏅|dart 🎯|rocket 🚀|seedling 🌱|herb 🌿|deciduous_tree 🌳
sunny ☀️|sunrise 🌅|sun_with_face 🌞|partly_sunny ⛅|cloud ☁️|rainbow 🌈|moon 🌙|crescent_moon 🌙|snowflake ❄️|umbrella ☔|ocean 🌊
palm_tree 🌴|desert_island 🏝️|house 🏠|airplane ✈️|car 🚗|coffee ☕|tea 🍵|pizza 🍕|cake 🍰|beers 🍻|apple 🍎
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|heavy_plus_sign ➕
heavy_minus_sign ➖|question ❓|grey_question ❔|exclamation ❗|bangbang ‼️|warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑
rotating_light 🚨|sos 🆘|hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|stopwatch ⏱️|clock9 🕘|calendar 📅|date 📅|spiral_calendar_pad 🗓️
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵
large_purple_circle 🟣|black_circle ⚫|white_circle ⚪|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨
large_green_square 🟩|large_blue_square 🟦|small_blue_diamond 🔹|small_orange_diamond 🔸|white_small_square ▫️|black_small_square ▪️
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrows_counterclockwise 🔄|repeat 🔁|leftwards_arrow_with_hook ↩️
memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|pushpin 📌|round_pushpin 📍|paperclip 📎|link 🔗|lock 🔒|unlock 🔓|key 🔑|mag 🔍
bulb 💡|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|speech_balloon 💬|thought_balloon 💭|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤
package 📦|telephone_receiver 📞|phone ☎️|iphone 📱|computer 💻|headphones 🎧|chart_with_upwards_trend 📈
chart_with_downwards_trend 📉|bar_chart 📊|gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|toolbox 🧰|construction 🚧
fire_engine 🚒|fire_extinguisher 🧯|ambulance 🚑|life_preserver 🛟|ring_buoy 🛟|compass 🧭|checkered_flag 🏁|triangular_flag_on_post 🚩
crown 👑|busts_in_silhouette 👥|bust_in_silhouette 👤|bug 🐛|turtle 🐢|snail 🐌|bee 🐝|cat 🐱|dog 🐶
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟`;

const BY_NAME = new Map(NAMES.trim().split(/[|\n]/).map((pair) => {
  const at = pair.lastIndexOf(" ");
  return [pair.slice(0, at), pair.slice(at + 1)];
}));

export const emojiNamed = (name) => BY_NAME.get(name) ?? null;
